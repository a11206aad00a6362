import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Call } from "../../src/call/call.ts";
import { deviceControls } from "../../src/controls/devices.ts";
import { keptPreferences } from "../../src/controls/preferences.ts";
import { Microphone } from "../../src/sound/microphone.ts";
import { Playback } from "../../src/sound/playback.ts";
import { installBrowser, ScriptedAudio, ScriptedTrack } from "../standins/browser.ts";

const always = new AbortController().signal;
let browser: ReturnType<typeof installBrowser>;
let audio: ScriptedAudio;
let microphone: Microphone;
let preferences: ReturnType<typeof keptPreferences>;
let controls: ReturnType<typeof deviceControls>;

class ScriptedMediaElement {
  setSinkId(): void {
    // there: the browser lets the page choose
  }
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  browser = installBrowser();
  vi.stubGlobal("HTMLMediaElement", ScriptedMediaElement);
  plugIn("built-in", "usb");
  browser.getUserMedia.mockImplementation((constraints) => Promise.resolve(opened(constraints)));
  audio = new ScriptedAudio();
  audio.setSinkId = vi.fn((id?: string) => Promise.resolve(void (audio.sinkId = id ?? "")));
  microphone = new Microphone();
  preferences = keptPreferences({ read: () => ({}), write: () => undefined });
  const playback = new Playback(audio as unknown as HTMLAudioElement, () => undefined);
  controls = deviceControls({ microphone, playback } as unknown as Call, preferences, signal(undefined));
  await settle();
});

afterEach(() => {
  microphone.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function plugIn(...ids: string[]): void {
  browser.devices = ids.flatMap((deviceId) => ["audioinput", "audiooutput"].map((kind) => ({ kind, deviceId, label: deviceId })));
}

/** What the browser opens: the device that is asked for. */
function opened(constraints: unknown): unknown {
  const { audio: wish } = constraints as { audio: { deviceId?: { exact: string } } };
  const track = new ScriptedTrack(wish.deviceId?.exact);
  return { getAudioTracks: () => [track] };
}

/** The person's answers to the browser's questions about the microphone, in their order. */
function askedPermission(): { allow: () => void; refuse: (name: string) => void }[] {
  const answers: { allow: () => void; refuse: (name: string) => void }[] = [];
  browser.getUserMedia.mockImplementation(
    (constraints) =>
      new Promise((resolve, reject) =>
        answers.push({ allow: () => resolve(opened(constraints)), refuse: (name) => reject(new DOMException("", name)) }),
      ),
  );
  return answers;
}

describe("the microphones' picker", () => {
  test("shows what is chosen while the permission question is open, and then what is in use", async () => {
    const answers = askedPermission();
    const opening = microphone.open(always);
    controls.chooseMicrophone("usb");
    await settle();
    expect([controls.microphoneId.value, answers.length]).toEqual(["usb", 1]);
    answers[0]?.allow();
    await opening;
    await settle();
    answers[1]?.allow();
    await settle();
    expect([controls.microphoneId.value, microphone.settings?.deviceId]).toEqual(["usb", "usb"]);
  });

  test.each([
    ["NotAllowedError", "microphone_denied"],
    ["NotReadableError", "microphone_busy"],
  ])("takes back a choice that is refused and says why: %s", async (name, code) => {
    const answers = askedPermission();
    controls.chooseMicrophone("built-in");
    await settle();
    const opening = microphone.open(always);
    answers[0]?.allow();
    await opening;
    controls.chooseMicrophone("usb");
    await settle();
    answers[1]?.refuse(name);
    await settle();
    expect([controls.microphoneId.value, microphone.settings?.deviceId]).toEqual(["built-in", "built-in"]);
    expect([preferences.microphoneId.value, controls.microphoneProblem.value?.code]).toEqual(["built-in", code]);
  });

  test("says nothing of a refusal any more when another one is chosen", async () => {
    await microphone.open(always);
    browser.getUserMedia.mockRejectedValueOnce(new DOMException("", "NotReadableError"));
    controls.chooseMicrophone("usb");
    await settle();
    expect(controls.microphoneProblem.value).toBeDefined();
    controls.chooseMicrophone("usb");
    await settle();
    expect([controls.microphoneId.value, controls.microphoneProblem.value]).toEqual(["usb", undefined]);
  });
});

describe("the loudspeakers' picker", () => {
  test("shows the one that plays", async () => {
    controls.chooseSpeaker("usb");
    await settle();
    expect([controls.speakerId.value, audio.sinkId]).toEqual(["usb", "usb"]);
  });

  test("takes back a choice that is refused", async () => {
    audio.setSinkId.mockRejectedValueOnce(new DOMException("", "NotAllowedError"));
    controls.chooseSpeaker("usb");
    await settle();
    expect([controls.speakerId.value, preferences.speakerId.value]).toEqual(["", ""]);
  });

  test.each([
    ["a device came or went", () => navigator.mediaDevices.dispatchEvent(new Event("devicechange"))],
    ["the page is in front again", () => document.dispatchEvent(new Event("visibilitychange"))],
  ])("reads again what plays when %s", async (_, happen) => {
    controls.chooseSpeaker("usb");
    await settle();
    plugIn("built-in"); // while the page was not told
    audio.sinkId = "";
    happen();
    await settle();
    expect(controls.speakerId.value).toBe("");
    plugIn("built-in", "usb");
    happen();
    await settle();
    expect([controls.speakerId.value, audio.sinkId]).toEqual(["usb", "usb"]);
  });
});
