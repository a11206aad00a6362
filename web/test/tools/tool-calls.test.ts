import { RealtimeSession } from "@openai/agents-realtime";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { missingTool } from "../../src/call/prompts.ts";
import { ToolCalls } from "../../src/tools/tool-calls.ts";
import { groupOfCalls, ScriptedCall, toolCallEvents } from "../standins/tool-call.ts";

const ANSWER = { type: "conversation.item.create" };
const ASK = { type: "response.create" };

let call: ScriptedCall;
let problems: string[];
const host = { display: vi.fn(() => Promise.resolve(true)), hangUp: vi.fn() };
const load = vi.fn(() => import("../../src/tools/agents-sdk.ts"));

beforeAll(() => import("../../src/tools/agents-sdk.ts"), 60_000); // the first time takes longer than any test

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  vi.stubGlobal("requestIdleCallback", (act: () => void) => act());
  vi.stubGlobal("navigator", {});
  load.mockClear();
  host.display.mockClear();
  host.hangUp.mockClear();
  open();
});

afterEach(() => {
  call.become("ended");
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function open(...parameters: ConstructorParameters<typeof ScriptedCall>): void {
  call = new ScriptedCall(...parameters);
  problems = [];
  new ToolCalls(call, host, load).on("problem", (problem) => problems.push(problem));
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function withTheSdk(): Promise<void> {
  call.settle();
  await settle();
}

describe("a call of a tool", () => {
  test("is run, told to the model, and answered by it", async () => {
    await withTheSdk();
    call.callTool("local_time");
    await settle();
    expect(call.sent).toMatchObject([ANSWER, ASK]);
    expect(call.outputs()).toMatchObject([{ time_zone: new Intl.DateTimeFormat().resolvedOptions().timeZone }]);
    expect(problems).toEqual([]);
  });

  test("is run with what the model gives", async () => {
    await withTheSdk();
    call.callTool("display_text", { text: "1 Main Street" });
    await settle();
    expect(host.display).toHaveBeenCalledWith("1 Main Street");
    expect(call.outputs()).toEqual([{ displayed: true }]);
  });

  test("that displays something is told so only when it is on the screen", async () => {
    await withTheSdk();
    let show: (isShown: boolean) => void = () => undefined;
    host.display.mockImplementationOnce(() => new Promise((resolve) => (show = resolve)));
    call.callTool("display_text", { text: "1 Main Street" });
    await settle();
    expect(call.outputs()).toEqual([]);
    show(true);
    await settle();
    expect(call.outputs()).toEqual([{ displayed: true }]);
  });

  test.each([
    ["lies under something else", () => Promise.resolve(false), "Something else is open on the screen. Read the text aloud instead."],
    ["does not come to the page", () => Promise.reject(new TypeError("Failed to fetch")), "The page could not show the text. Read it aloud instead."],
  ])("that displays what %s is told so", async (_, display, error) => {
    await withTheSdk();
    host.display.mockImplementationOnce(display);
    call.callTool("display_text", { text: "1 Main Street" });
    await settle();
    expect(call.outputs()).toEqual([{ error }]);
  });

  test.each([
    ["nothing", {}],
    ["no words", { text: " " }],
    ["a number", { text: 7 }],
    ["too much", { text: "x".repeat(2_001) }],
  ])("with what it cannot use, %s, is refused in words", async (_, given) => {
    await withTheSdk();
    call.callTool("display_text", given);
    await settle();
    expect(host.display).not.toHaveBeenCalled();
    expect(call.outputs()).toEqual([{ error: "The text must have 1 to 2000 characters." }]);
  });

  test("before the Agents SDK is there brings it, and is run once", async () => {
    call.callTool("local_time");
    await settle();
    expect(load).toHaveBeenCalledOnce();
    expect(call.sent).toMatchObject([ANSWER, ASK]);
    expect(call.outputs()).toMatchObject([{ time: expect.any(String) as string }]);
  });

  test("that the server tells twice leaves nothing to answer later", async () => {
    await withTheSdk();
    call.callTool("end_call");
    call.callTool("end_call");
    await settle();
    const { length } = call.sent;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(call.sent).toHaveLength(length);
  });

  test("of the server's is left to the server", async () => {
    await withTheSdk();
    call.callTool("current_time");
    await settle();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(call.sent).toEqual([]);
  });

  test("that the agent's file does not name is nobody's", async () => {
    open(["local_time"]);
    await withTheSdk();
    call.callTool("end_call");
    await settle();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(call.sent).toEqual([]);
    expect(host.hangUp).not.toHaveBeenCalled();
  });

  test.each(["", " ", undefined])("without parameters is run when its arguments are %j", async (given) => {
    await withTheSdk();
    const events = toolCallEvents("local_time", "GIVEN", "call_1");
    call.hear(...events.map((event) => JSON.parse(JSON.stringify(event).replace(/"arguments":"GIVEN"/, given === undefined ? '"object":"realtime.item"' : `"arguments":"${given}"`)) as { type: string }));
    await settle();
    expect(call.outputs()).toMatchObject([{ time: expect.any(String) as string }]);
    expect(call.sent).toMatchObject([ANSWER, ASK]);
    expect(problems).toEqual([]);
  });

  test.each(["status", "id", "object", "output_index", "response_id", "event_id"])("is run without the field that the server may leave out: %s", async (field) => {
    await withTheSdk();
    const strip = (key: string, value: unknown) => (key === field ? undefined : value);
    const [created, called, done] = toolCallEvents("local_time", {}, "call_1");
    call.hear(created!, JSON.parse(JSON.stringify(called, strip)) as { type: string }, done!);
    await settle();
    expect(call.sent).toMatchObject([ANSWER, ASK]);
    expect(call.outputs()).toMatchObject([{ time: expect.any(String) as string }]);
  });

  test.each([
    ["the call", 1],
    ["the response's end", 2],
  ])("is run and answered although the word of %s is lost", async (_, lost) => {
    await withTheSdk();
    call.hear(...toolCallEvents("local_time", {}, "call_1").toSpliced(lost, 1));
    await settle();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(call.sent).toMatchObject([ANSWER, ASK]);
    expect(call.outputs()).toMatchObject([{ time: expect.any(String) as string }]);
  });

  test("on which the Agents SDK fails is answered in words at once", async () => {
    const sdk = await import("../../src/tools/agents-sdk.ts");
    vi.spyOn(RealtimeSession.prototype, "connect").mockRejectedValueOnce(new Error("It does not connect."));
    load.mockResolvedValueOnce(sdk);
    call.callTool("local_time");
    await settle();
    await vi.advanceTimersByTimeAsync(0);
    expect(call.outputs()).toEqual([{ error: missingTool }]);
    expect(call.sent).toMatchObject([ANSWER, ASK]);
    expect(problems).toContain("Error: It does not connect.");
  });

  test("whose arguments are no JSON is answered in words at once", async () => {
    await withTheSdk();
    call.callTool("display_text", '{"text": ');
    await settle();
    expect(call.outputs()).toEqual([{ error: missingTool }]);
    expect(call.sent).toMatchObject([ANSWER, ASK]);
    expect(problems).toHaveLength(1);
  });

  test("after a cut is run in the new session, none of the old one's there", async () => {
    await withTheSdk();
    call.callTool("local_time", {}, "call_lost");
    call.become("reconnecting");
    await settle();
    call.become("live");
    await withTheSdk();
    await vi.advanceTimersByTimeAsync(60_000);
    call.callTool("local_time");
    await settle();
    expect(call.sent).toMatchObject([{ item: { call_id: "call_local_time" } }, ASK]);
  });
});

describe("several calls in one response", () => {
  const TWO = [
    { name: "local_time", callId: "call_1" },
    { name: "display_text", given: { text: "1 Main Street" }, callId: "call_2" },
  ];

  test.each([
    ["before the Agents SDK is there", false],
    ["with the Agents SDK there", true],
  ])("are answered once, when both results are told, %s", async (_, isThere) => {
    if (isThere) await withTheSdk();
    call.hear(...groupOfCalls(TWO));
    await settle();
    expect(call.sent).toMatchObject([ANSWER, ANSWER, ASK]);
    expect(call.outputs()).toMatchObject([{ time: expect.any(String) as string }, { displayed: true }]);
    expect(problems).toEqual([]);
  });

  test("are answered once, although the first result is there before the second call", async () => {
    await withTheSdk();
    const [created, first, second, done] = groupOfCalls(TWO);
    call.hear(created!, first!);
    await settle();
    expect(call.sent).toMatchObject([ANSWER]);
    call.hear(second!, done!);
    await settle();
    expect(call.sent).toMatchObject([ANSWER, ANSWER, ASK]);
  });

  test("are answered once in words where the Agents SDK cannot be loaded", async () => {
    load.mockRejectedValue(new TypeError("Failed to fetch"));
    call.hear(...groupOfCalls(TWO));
    await settle();
    load.mockImplementation(() => import("../../src/tools/agents-sdk.ts"));
    expect(call.sent).toMatchObject([ANSWER, ANSWER, ASK]);
  });

  test("one of which cannot be read are answered once", async () => {
    await withTheSdk();
    call.hear(...groupOfCalls([{ name: "display_text", given: "{", callId: "call_1" }, { name: "local_time", callId: "call_2" }]));
    await settle();
    expect(call.sent).toMatchObject([ANSWER, ANSWER, ASK]);
    expect(call.outputs()).toMatchObject([{ error: missingTool }, { time: expect.any(String) as string }]);
  });

  test("one of which the server runs are answered when it has told its result", async () => {
    await withTheSdk();
    call.hear(...groupOfCalls([{ name: "local_time", callId: "call_1" }, { name: "current_time", callId: "call_2" }]));
    await settle();
    expect(call.sent).toMatchObject([ANSWER]);
    const item = { id: "item_3", type: "function_call_output", call_id: "call_2", output: "{}" };
    call.hear({ type: "conversation.item.added", event_id: "event_4", previous_item_id: null, item });
    expect(call.sent).toMatchObject([ANSWER, ASK]);
  });

  test("one of which the server never answers are answered all the same", async () => {
    await withTheSdk();
    call.hear(...groupOfCalls([{ name: "local_time", callId: "call_1" }, { name: "current_time", callId: "call_2" }]));
    await settle();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(call.sent).toMatchObject([ANSWER, ASK]);
  });

  test("one of which is a handoff that is refused are answered once", () => {
    open([], ["guide"]);
    const output = { type: "function_call_output", call_id: "call_1", output: "{}" };
    call.hear(...groupOfCalls([{ name: "transfer_to_guide", callId: "call_1" }]));
    call.line?.sendEvent({ type: "conversation.item.create", item: output });
    expect(call.sent).toMatchObject([ANSWER, ASK]);
  });
});

describe("the Agents SDK", () => {
  test("comes when the call has settled, and not before", async () => {
    await settle();
    expect(load).not.toHaveBeenCalled();
    await withTheSdk();
    expect(load).toHaveBeenCalledOnce();
  });

  test("does not come for an agent without tools", async () => {
    open([]);
    await withTheSdk();
    call.callTool("local_time");
    await settle();
    expect(load).not.toHaveBeenCalled();
    expect(call.sent).toEqual([]);
  });

  test("does not come ahead for somebody who saves data", async () => {
    vi.stubGlobal("navigator", { connection: { saveData: true } });
    await withTheSdk();
    expect(load).not.toHaveBeenCalled();
    call.callTool("local_time");
    await settle();
    expect(call.outputs()).toMatchObject([{ time: expect.any(String) as string }]);
  });

  test("that cannot be loaded leaves each call of a tool an answer in words, and is tried again", async () => {
    load.mockRejectedValueOnce(new TypeError("Failed to fetch")).mockRejectedValueOnce(new TypeError("Failed to fetch"));
    await withTheSdk();
    expect(call.sent).toEqual([]);
    call.callTool("local_time", {}, "call_1");
    await settle();
    expect(call.sent).toMatchObject([ANSWER, ASK]);
    call.callTool("local_time", {}, "call_2");
    await settle();
    expect(call.outputs()).toMatchObject([{ error: missingTool }, { time: expect.any(String) as string }]);
    expect(problems).toEqual(["TypeError: Failed to fetch", "TypeError: Failed to fetch"]);
  });

  test("that comes too late answers nothing a second time", async () => {
    const sdk = import("../../src/tools/agents-sdk.ts");
    load.mockReturnValueOnce(new Promise((resolve) => setTimeout(() => resolve(sdk), 30_000)));
    call.callTool("local_time");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(call.outputs()).toEqual([{ error: missingTool }]);
    await vi.advanceTimersByTimeAsync(20_000);
    await settle();
    expect(call.outputs()).toHaveLength(1);
    call.callTool("local_time", {}, "call_2");
    await settle();
    expect(call.outputs()).toHaveLength(2);
  });

  test("that comes when the call is over opens nothing", async () => {
    const sdk = import("../../src/tools/agents-sdk.ts");
    load.mockReturnValueOnce(new Promise((resolve) => setTimeout(() => resolve(sdk), 30_000)));
    call.callTool("local_time");
    call.become("ended");
    await vi.advanceTimersByTimeAsync(30_000);
    await settle();
    expect(call.sent).toEqual([]);
    expect(problems).toEqual([]);
  });
});

describe("a goodbye", () => {
  const played = { started: { type: "output_audio_buffer.started" }, stopped: { type: "output_audio_buffer.stopped" } };

  beforeEach(async () => {
    await withTheSdk();
    call.callTool("end_call");
    await settle();
  });

  test("ends the call when it has been heard", async () => {
    call.hear(played.stopped); // what was said before it
    call.hear(played.started);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(host.hangUp).not.toHaveBeenCalled();
    call.hear(played.stopped);
    await vi.advanceTimersByTimeAsync(500);
    expect(host.hangUp).toHaveBeenCalledOnce();
  });

  test("that nobody says ends the call too", async () => {
    await vi.advanceTimersByTimeAsync(8_000);
    expect(host.hangUp).toHaveBeenCalledOnce();
  });

  test.each([
    { type: "input_audio_buffer.speech_started" },
    { type: "conversation.item.added", item: { type: "message", role: "user", content: [{ type: "input_text", text: "Wait." }] } },
  ])("is off when the person goes on: $type", async (event) => {
    call.hear(played.started, event, played.stopped);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(host.hangUp).not.toHaveBeenCalled();
  });

  test("stands when a picture is sent by itself", async () => {
    const content = [{ type: "input_image", image_url: "data:image/jpeg;base64," }];
    call.hear({ type: "conversation.item.added", item: { type: "message", role: "user", content } });
    await vi.advanceTimersByTimeAsync(8_000);
    expect(host.hangUp).toHaveBeenCalledOnce();
  });

  test("is off when the call is over", async () => {
    call.become("ended");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(host.hangUp).not.toHaveBeenCalled();
  });
});
