import { afterEach, expect, test, vi } from "vitest";
import { loudness, measure } from "../../src/sound/levels.ts";

function tone(amplitude: number): Float32Array {
  return Float32Array.from({ length: 1024 }, (_, at) => amplitude * Math.sin(at / 5));
}

test("silence is 0, the loudest is 1, and a voice is in between", () => {
  expect(loudness(tone(0))).toBe(0);
  expect(loudness(tone(1))).toBe(1);
  expect(loudness(tone(0.1))).toBeGreaterThan(0.6);
  expect(loudness(tone(0.003))).toBeLessThan(0.3);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

class Unwilling {
  createMediaStreamSource(): never {
    throw new DOMException("The operation is insecure.", "SecurityError");
  }
}

test.each([
  ["lets no page look into a stream", Unwilling],
  ["has no AudioContext", undefined],
])("a browser that %s has no meter, and that is no error", (_, context) => {
  vi.stubGlobal("AudioContext", context);
  const tell = vi.fn();
  expect(measure({} as MediaStream, tell)).toBeUndefined();
  expect(tell).not.toHaveBeenCalled();
});
