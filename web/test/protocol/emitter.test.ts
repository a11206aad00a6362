import { afterEach, expect, test, vi } from "vitest";
import { Emitter } from "../../src/protocol/emitter.ts";

class Bell extends Emitter<{ readonly ring: number }> {
  ring(): string {
    this.emit("ring", 1);
    return "rung";
  }
}

afterEach(() => {
  vi.unstubAllGlobals();
});

test("one listener's error stops neither the next listener nor whoever told them, and is the browser's to report", () => {
  const reports: (() => void)[] = [];
  vi.stubGlobal("queueMicrotask", (report: () => void) => reports.push(report));
  const bell = new Bell();
  const heard: number[] = [];
  bell.on("ring", () => {
    throw new Error("no meter here");
  });
  bell.on("ring", (value) => heard.push(value));
  expect(bell.ring()).toBe("rung");
  expect(heard).toEqual([1]);
  expect(reports).toHaveLength(1);
  expect(reports[0]).toThrow("no meter here");
});
