import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Call } from "../../src/call/call.ts";
import type { CallEvents } from "../../src/call/call-events.ts";
import { Emitter } from "../../src/protocol/emitter.ts";

class ScriptedCall extends Emitter<CallEvents> {
  tell<Name extends keyof CallEvents>(name: Name, value: CallEvents[Name]): void {
    this.emit(name, value);
  }
}

let call: ScriptedCall;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  vi.stubGlobal("navigator", { onLine: true });
  vi.stubGlobal("addEventListener", () => undefined);
  call = new ScriptedCall();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function open() {
  const { PageState } = await import("../../src/page/page-state.ts");
  return new PageState(call as unknown as Call);
}

test("what is left of the month shrinks while the call lasts, by what was told last", async () => {
  const page = await open();
  expect(page.minutesLeft.value).toBeUndefined();
  call.tell("state", { state: "connecting" });
  call.tell("minutesLeft", 10);
  call.tell("state", { state: "live" });
  vi.advanceTimersByTime(59_000);
  expect(page.minutesLeft.value).toBe(10);
  vi.advanceTimersByTime(61_500);
  expect(page.minutesLeft.value).toBe(8);
  call.tell("minutesLeft", 7); // connected again: the server has counted
  expect(page.minutesLeft.value).toBe(7);
  vi.advanceTimersByTime(3_600_000);
  expect(page.minutesLeft.value).toBe(0);
});

test("what is left of the month stays after the call, until the next one is told", async () => {
  const page = await open();
  call.tell("minutesLeft", 10); // dialled ahead of the tap
  call.tell("state", { state: "connecting" });
  call.tell("state", { state: "live" });
  vi.advanceTimersByTime(150_000);
  call.tell("state", { state: "ended", reason: "person" });
  expect(page.minutesLeft.value).toBe(8);
  call.tell("state", { state: "connecting" });
  expect(page.minutesLeft.value).toBe(8);
  call.tell("minutesLeft", undefined); // a server that tells none
  expect(page.minutesLeft.value).toBeUndefined();
});

test("what is left of the month is forgotten with the rest", async () => {
  const page = await open();
  call.tell("minutesLeft", 10);
  page.forget();
  expect(page.minutesLeft.value).toBeUndefined();
});
