import { expect, test } from "vitest";
import { loudness } from "../src/levels.ts";

function tone(amplitude: number): Float32Array {
  return Float32Array.from({ length: 1024 }, (_, at) => amplitude * Math.sin(at / 5));
}

test("silence is 0, the loudest is 1, and a voice is in between", () => {
  expect(loudness(tone(0))).toBe(0);
  expect(loudness(tone(1))).toBe(1);
  expect(loudness(tone(0.1))).toBeGreaterThan(0.6);
  expect(loudness(tone(0.003))).toBeLessThan(0.3);
});
