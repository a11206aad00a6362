import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { missingTool } from "../src/prompts.ts";
import { ToolCalls } from "../src/tool-calls.ts";
import { ScriptedCall } from "./standins/tool-call.ts";

const ANSWER = { type: "conversation.item.create" };
const ASK = { type: "response.create" };

let call: ScriptedCall;
let problems: string[];
const host = { display: vi.fn(() => Promise.resolve(true)), hangUp: vi.fn() };
const load = vi.fn(() => import("../src/sdk/agents-sdk.ts"));

beforeAll(() => import("../src/sdk/agents-sdk.ts"), 60_000); // the first time takes longer than any test

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
    ["does not come to the page", () => Promise.reject(new TypeError("Failed to fetch")), "The page could not show it. Read the text aloud instead."],
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
    expect(call.outputs()).toEqual([{ error: "Expected a text of 1 to 2000 letters." }]);
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

  test("whose arguments are no JSON is answered in words", async () => {
    await withTheSdk();
    call.callTool("display_text", '{"text": ');
    await settle();
    await vi.advanceTimersByTimeAsync(10_000);
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
    const sdk = import("../src/sdk/agents-sdk.ts");
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
    const sdk = import("../src/sdk/agents-sdk.ts");
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
