import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { defaultWish } from "../../src/sound/capture.ts";
import { installBrowser, ScriptedAudioContext } from "../standins/browser.ts";

let kinds: string[];
let browser: ReturnType<typeof installBrowser>;

beforeEach(async () => {
  vi.useFakeTimers();
  browser = installBrowser();
  vi.resetModules(); // what measures keeps one AudioContext
  const { MicrophoneTest } = await import("../../src/sound/microphone-check.ts");
  const check = new MicrophoneTest();
  kinds = [];
  check.on("check", ({ kind }) => kinds.push(kind));
  start = () => check.start(defaultWish);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

let start: () => Promise<void>;

test("a voice is heard", async () => {
  ScriptedAudioContext.sample = 0.3;
  await start();
  vi.advanceTimersByTime(1_000);
  expect(kinds).toEqual(["none", "listening", "heard"]);
  expect(browser.track.readyState).toBe("ended");
});

test("without one for ten seconds nothing was heard", async () => {
  await start();
  vi.advanceTimersByTime(10_000);
  expect(kinds).toEqual(["none", "listening", "silent"]);
});

test("in a browser that holds sound back for all of the check nothing was measured, which is not silence", async () => {
  ScriptedAudioContext.holdsBack = true;
  await start();
  vi.advanceTimersByTime(10_000);
  expect(kinds).toEqual(["none", "listening", "unmeasured"]);
});
