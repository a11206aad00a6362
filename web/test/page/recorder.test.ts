import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Recorder } from "../../src/page/recorder.ts";
import { installBrowser, ScriptedAudioContext, ScriptedMediaRecorder } from "../standins/browser.ts";

let recorder: Recorder;
const personStream = signal<MediaStream | undefined>(undefined);
const agentStream = signal<MediaStream | undefined>(undefined);

beforeEach(() => {
  vi.useFakeTimers();
  installBrowser();
  personStream.value = agentStream.value = undefined;
  recorder = new Recorder({ personStream, agentStream });
  recorder.turn(true);
});

afterEach(() => {
  agentStream.value = undefined;
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function sound(): MediaStream {
  return { getAudioTracks: () => [{}] } as unknown as MediaStream;
}

function startCall(): void {
  personStream.value = sound();
  agentStream.value = sound();
}

/** Whether it says that it records, whether the browser does, and why not. */
function told(): unknown[] {
  return [recorder.isRecording.value, ScriptedMediaRecorder.newest?.state === "recording", recorder.problem.value];
}

test("a call is recorded from its first sound to its end", () => {
  startCall();
  expect(told()).toEqual([true, true, undefined]);
  vi.advanceTimersByTime(3_000);
  agentStream.value = undefined;
  expect(told()).toEqual([false, false, undefined]);
  expect(recorder.result.value?.seconds).toBe(3);
});

test("a browser that lets no page look into a stream records nothing, and that is told", () => {
  ScriptedAudioContext.refusesStreams = true;
  startCall();
  vi.advanceTimersByTime(10_000);
  expect(told()).toEqual([false, false, "refused"]);
  expect([recorder.isWanted.value, recorder.result.value]).toEqual([false, undefined]);
  ScriptedAudioContext.refusesStreams = false;
  recorder.turn(true); // tried again when it is asked for again
  expect(told()).toEqual([true, true, undefined]);
});

test("what was recorded before another microphone was refused is kept", () => {
  startCall();
  vi.advanceTimersByTime(3_000);
  ScriptedAudioContext.refusesStreams = true;
  personStream.value = sound();
  expect(told()).toEqual([false, false, "refused"]);
  expect(recorder.result.value?.seconds).toBe(3);
});

test.each(["click", "visibilitychange"])("a browser that holds sound back is not recorded until it lets it pass: %s", (event) => {
  ScriptedAudioContext.holdsBack = true;
  startCall();
  expect(told()).toEqual([false, false, undefined]);
  vi.advanceTimersByTime(2_000);
  expect(told()).toEqual([false, false, "waiting"]);
  ScriptedAudioContext.holdsBack = false;
  document.dispatchEvent(new Event(event));
  expect(told()).toEqual([true, true, undefined]);
});

test("a call that ends before the browser lets sound pass leaves no recording and nothing to tell", () => {
  ScriptedAudioContext.holdsBack = true;
  startCall();
  vi.advanceTimersByTime(2_000);
  agentStream.value = undefined;
  expect(told()).toEqual([false, false, undefined]);
  expect([recorder.result.value, ScriptedAudioContext.newest.state]).toEqual([undefined, "closed"]);
});

test("while the system takes the sound in the middle of a call nothing says that it records", () => {
  startCall();
  ScriptedAudioContext.newest.become("interrupted");
  expect(recorder.isRecording.value).toBe(false);
  document.dispatchEvent(new Event("visibilitychange"));
  expect(recorder.isRecording.value).toBe(true);
});
