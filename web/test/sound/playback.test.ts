import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Playback } from "../../src/sound/playback.ts";
import { installBrowser, ScriptedAudio } from "../standins/browser.ts";

let audio: ScriptedAudio;
let playback: Playback;
let blocked: boolean[];
const voice = {} as MediaStream;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  installBrowser();
  audio = new ScriptedAudio();
  blocked = [];
  playback = new Playback(audio as unknown as HTMLAudioElement, (now) => blocked.push(now));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function refuse(): void {
  audio.play.mockRejectedValueOnce(new DOMException("", "NotAllowedError"));
}

/** The system pauses it after it has played for a while. */
function pause(): void {
  vi.advanceTimersByTime(5_000);
  audio.paused = true;
  audio.dispatchEvent(new Event("pause"));
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test("nothing is played before the tap and after the call", async () => {
  playback.attach(voice);
  expect(audio.play).not.toHaveBeenCalled();
  await playback.play();
  playback.stop();
  playback.attach(voice);
  pause();
  expect(audio.play).toHaveBeenCalledTimes(1);
});

test("a new session's voice is played without another tap, and a refusal is told", async () => {
  await playback.play();
  playback.attach(voice);
  await settle();
  expect([audio.play.mock.calls.length, blocked]).toEqual([2, [false, false]]);
  refuse();
  playback.attach(voice);
  await settle();
  expect(blocked.at(-1)).toBe(true);
  await playback.play(); // the tap
  expect(blocked.at(-1)).toBe(false);
});

test("what was paused during a call plays again, or asks for a tap", async () => {
  await playback.play();
  pause();
  await settle();
  expect([audio.play.mock.calls.length, blocked.at(-1)]).toEqual([2, false]);
  refuse();
  pause();
  await settle();
  expect(blocked.at(-1)).toBe(true);
});

test("what was paused while nobody looked plays again when the page is in front", async () => {
  await playback.play();
  Object.assign(document, { visibilityState: "hidden" });
  pause();
  expect(audio.play).toHaveBeenCalledTimes(1);
  Object.assign(document, { visibilityState: "visible" });
  document.dispatchEvent(new Event("visibilitychange"));
  await settle();
  expect(audio.play).toHaveBeenCalledTimes(2);
});

test("what is paused again at once is not played for ever, but at a tap", async () => {
  await playback.play();
  audio.paused = true;
  audio.dispatchEvent(new Event("pause"));
  expect([audio.play.mock.calls.length, blocked.at(-1)]).toEqual([1, true]);
});

test("a loudspeaker that is refused changes nothing", async () => {
  audio.sinkId = "built-in";
  audio.setSinkId.mockRejectedValueOnce(new DOMException("", "NotFoundError"));
  await playback.choose("gone");
  expect(playback.speakerId).toBe("built-in");
});
