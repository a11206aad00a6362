import { describe, expect, test, vi } from "vitest";
import { missingTool } from "../../src/call/prompts.ts";
import { ANSWER, ASK, call, load, open, problems, settle, useTools, withTheSdk } from "../standins/tool-calls.ts";

useTools();

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
