import { expect, test } from "vitest";
import type { EndReason, ProblemCode } from "../../src/protocol/problems.ts";
import { isCut, triesAgain, waitBefore } from "../../src/call/reconnect.ts";

test.each<[EndReason, boolean]>([
  ["dropped", true],
  ["session_expired", true],
  ["hung_up", false],
  ["time_limit", false],
  ["idle", false],
  ["person", false],
])("%s is a cut: %s", (reason, expected) => {
  expect(isCut(reason)).toBe(expected);
});

test.each<[ProblemCode, boolean]>([
  ["offline", true],
  ["openai_unreachable", true],
  ["timed_out", true],
  ["server_refused", false],
  ["signed_out", false],
])("after %s another attempt is made: %s", (problem, expected) => {
  expect(triesAgain(problem, 1)).toBe(expected);
  expect(triesAgain(problem, 14)).toBe(false);
});

test("the waits double from 1 to 30 seconds, spread by chance", () => {
  const waits = Array.from({ length: 8 }, (_, at) => waitBefore(at + 1, 1) / 1000);
  expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  expect(waitBefore(1, 0)).toBe(1_000);
  expect(waitBefore(5, 0)).toBe(12_000);
});
