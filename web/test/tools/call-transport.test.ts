import { RealtimeAgent, RealtimeSession, tool } from "@openai/agents-realtime";
import { beforeEach, expect, test, vi } from "vitest";
import type { RealtimeEvent } from "../../src/protocol/events.ts";
import { CallTransport } from "../../src/tools/call-transport.ts";
import { toolCallEvents } from "../standins/tool-call.ts";

const side = {
  sent: [] as RealtimeEvent[],
  isOpen: true,
  due: new Set<string>(),
  send: (event: RealtimeEvent) => side.isOpen && side.sent.push(event) > 0,
  interrupt: vi.fn(),
  isDue: (callId: string) => side.due.has(callId),
  fail: vi.fn(),
  tell: vi.fn(),
};
const run = vi.fn(() => "42");
const answer = tool({
  name: "answer",
  description: "The answer.",
  parameters: { type: "object", properties: {}, required: [], additionalProperties: false },
  execute: run,
});

let transport: CallTransport;
let session: RealtimeSession;

beforeEach(async () => {
  side.sent.length = 0;
  side.isOpen = true;
  side.due.clear();
  vi.clearAllMocks();
  transport = new CallTransport(side);
  const agent = new RealtimeAgent({ name: "Assistant", instructions: "Never sent.", voice: "cedar", tools: [answer] });
  session = new RealtimeSession(agent, { transport, model: "gpt-realtime-2.1-mini", tracingDisabled: true });
  session.on("error", ({ error }) => void side.tell(error));
  await session.connect({ apiKey: "" });
});

function hear(...events: RealtimeEvent[]): void {
  for (const event of events) transport.hear({ event_id: "event_1", ...event });
}

function message(id: string, role: string, part: object, previous: string | null): RealtimeEvent {
  const item = { id, object: "realtime.item", type: "message", status: "completed", role, content: [part] };
  return { type: "conversation.item.done", previous_item_id: previous, item };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("a session connects without a word to the server: the session config stays the server's", async () => {
  hear({ type: "session.created", session: { type: "realtime", instructions: "The server's." } });
  transport.updateSessionConfig({ instructions: "Another." });
  await session.updateAgent(new RealtimeAgent({ name: "Other", instructions: "Others." }));
  expect(side.sent).toEqual([]);
  expect(transport.status).toBe("connected");
  expect(transport.currentModel).toBe("gpt-realtime-2.1-mini");
});

test("what is said becomes the session's history, and nothing is asked for again", () => {
  hear(
    message("item_1", "user", { type: "input_audio", audio: null, transcript: null }, null),
    { type: "conversation.item.input_audio_transcription.completed", item_id: "item_1", content_index: 0, transcript: "Hello." },
    message("item_2", "assistant", { type: "output_audio", transcript: "Good morning." }, "item_1"),
  );
  expect(session.history).toMatchObject([
    { role: "user", content: [{ transcript: "Hello." }] },
    { role: "assistant", content: [{ transcript: "Good morning." }] },
  ]);
  hear({ type: "conversation.item.deleted", item_id: "item_1" });
  expect(session.history).toHaveLength(1);
  expect(side.sent).toEqual([]);
});

test("a tool runs once, and its result is sent once; the answer is asked for by whoever knows of the other calls", async () => {
  side.due.add("call_1");
  hear(...toolCallEvents("answer", {}, "call_1"));
  await settle();
  expect(run).toHaveBeenCalledOnce();
  expect(side.sent).toEqual([
    { type: "conversation.item.create", item: { type: "function_call_output", call_id: "call_1", output: "42" } },
  ]);
});

test.each([{ event_id: null }, { event_id: undefined }])("an event without an id is read all the same: %j", async (named) => {
  side.due.add("call_1");
  hear(...toolCallEvents("answer", {}, "call_1").map((event) => ({ ...event, ...named })));
  await settle();
  expect(run).toHaveBeenCalledOnce();
});

test("a call that is not the page's, or was answered, is neither run nor answered", async () => {
  hear(...toolCallEvents("current_time", {}, "call_1"), ...toolCallEvents("answer", {}, "call_2"));
  await settle();
  expect(run).not.toHaveBeenCalled();
  expect(side.sent).toEqual([]);
});

test("a result that comes after somebody else's answer is dropped", async () => {
  side.due.add("call_1");
  run.mockImplementationOnce(() => {
    side.due.clear();
    return "too late";
  });
  hear(...toolCallEvents("answer", {}, "call_1"));
  await settle();
  expect(run).toHaveBeenCalledOnce();
  expect(side.sent).toEqual([]);
});

test("usage is counted", () => {
  const usage = { total_tokens: 30, input_tokens: 20, output_tokens: 10, input_token_details: {}, output_token_details: {} };
  hear({ type: "response.done", response: { id: "resp_1", object: "realtime.response", status: "completed", output: [], usage } });
  expect(session.usage).toMatchObject({ inputTokens: 20, outputTokens: 10 });
});

test("typed words and a request to stop go the call's way", () => {
  session.sendMessage("Hello.");
  session.interrupt();
  expect(side.sent.map(({ type }) => type)).toEqual(["conversation.item.create", "response.create"]);
  expect(side.interrupt).toHaveBeenCalledOnce();
});

test("an event that the line refuses is an error, not silence", () => {
  side.isOpen = false;
  expect(() => session.sendMessage("Hello.")).toThrow("conversation.item.create could not be sent");
});

test("the microphone and the call are none of its business", () => {
  const closed = vi.fn();
  transport.on("disconnected", closed);
  session.mute(true);
  expect(session.muted).toBeNull();
  session.close();
  session.close();
  expect(closed).toHaveBeenCalledOnce();
  expect(transport.status).toBe("disconnected");
  expect(side.sent).toEqual([]);
});
