import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { installBrowser, ScriptedAudioContext } from "../standins/browser.ts";

let measure: typeof import("../../src/sound/levels.ts").measure;
let loudness: typeof import("../../src/sound/levels.ts").loudness;
const stream = {} as MediaStream;

function tone(amplitude: number): Float32Array {
  return Float32Array.from({ length: 1024 }, (_, at) => amplitude * Math.sin(at / 5));
}

beforeEach(async () => {
  vi.useFakeTimers();
  installBrowser();
  vi.resetModules(); // it keeps one AudioContext
  ({ measure, loudness } = await import("../../src/sound/levels.ts"));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("silence is 0, the loudest is 1, and a voice is in between", () => {
  expect(loudness(tone(0))).toBe(0);
  expect(loudness(tone(1))).toBe(1);
  expect(loudness(tone(0.1))).toBeGreaterThan(0.6);
  expect(loudness(tone(0.003))).toBeLessThan(0.3);
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
  expect(measure(stream, tell)).toBeUndefined();
  expect(tell).not.toHaveBeenCalled();
});

test("a stream that is measured is told about twenty times a second, until it is let go", () => {
  const tell = vi.fn();
  const stop = measure(stream, tell);
  vi.advanceTimersByTime(1_000);
  expect(tell).toHaveBeenCalledTimes(20);
  stop?.();
  expect([tell.mock.lastCall, ScriptedAudioContext.newest.state]).toEqual([[0], "suspended"]);
});

test.each([
  ["a tap", "click"],
  ["the page in front again", "visibilitychange"],
])("while the browser holds sound back nothing is told, and %s lets it go on", (_, event) => {
  ScriptedAudioContext.holdsBack = true;
  const tell = vi.fn();
  measure(stream, tell);
  vi.advanceTimersByTime(1_000);
  expect(tell).not.toHaveBeenCalled();
  ScriptedAudioContext.holdsBack = false;
  document.dispatchEvent(new Event(event));
  vi.advanceTimersByTime(1_000);
  expect(tell).toHaveBeenCalled();
});
