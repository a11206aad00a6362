/** The tools of the page on a scripted call: what the tests of `ToolCalls` share. */

import { afterEach, beforeAll, beforeEach, vi } from "vitest";
import { ToolCalls } from "../../src/tools/tool-calls.ts";
import { ScriptedCall } from "./tool-call.ts";

export const ANSWER = { type: "conversation.item.create" };
export const ASK = { type: "response.create" };

export let call: ScriptedCall;
export let problems: string[];
export const host = { display: vi.fn(() => Promise.resolve(true)), hangUp: vi.fn() };
export const load = vi.fn(() => import("../../src/tools/agents-sdk.ts"));

/** Each test of the file gets a call of its own, whose agent has all tools of the page. */
export function useTools(): void {
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
}

export function open(...parameters: ConstructorParameters<typeof ScriptedCall>): void {
  call = new ScriptedCall(...parameters);
  problems = [];
  new ToolCalls(call, host, load).on("problem", (problem) => problems.push(problem));
}

export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export async function withTheSdk(): Promise<void> {
  call.settle();
  await settle();
}
