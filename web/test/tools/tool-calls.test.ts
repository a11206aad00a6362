import { RealtimeSession } from "@openai/agents-realtime";
import { describe, expect, test, vi } from "vitest";
import { missingTool } from "../../src/call/prompts.ts";
import { toolCallEvents } from "../standins/tool-call.ts";
import { ANSWER, ASK, call, host, load, open, problems, settle, useTools, withTheSdk } from "../standins/tool-calls.ts";

useTools();

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

  test.each(["", " "])("that ends the call does so when its arguments are %j", async (given) => {
    await withTheSdk();
    call.callTool("end_call", given);
    await settle();
    expect(call.sent).toMatchObject([ANSWER, ASK]); // the goodbye
    await vi.advanceTimersByTimeAsync(8_000);
    expect([host.hangUp.mock.calls.length, problems]).toEqual([1, []]);
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
