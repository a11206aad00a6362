import { describe, expect, test, vi } from "vitest";
import { missingTool } from "../../src/call/prompts.ts";
import { groupOfCalls } from "../standins/tool-call.ts";
import { ANSWER, ASK, call, load, open, problems, settle, useTools, withTheSdk } from "../standins/tool-calls.ts";

useTools();

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
