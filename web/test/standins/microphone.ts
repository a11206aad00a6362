/** A microphone in a scripted browser: what the tests of `Microphone` share. */

import { afterEach, beforeEach, vi } from "vitest";
import { Microphone, type MicrophoneState } from "../../src/sound/microphone.ts";
import { installBrowser, ScriptedTrack } from "./browser.ts";

export let browser: ReturnType<typeof installBrowser>;
export let microphone: Microphone;
export let states: MicrophoneState[];
export let sent: unknown[];
export const always = new AbortController().signal;

/** Each test of the file gets a browser and a microphone of its own. */
export function useMicrophone(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    browser = installBrowser();
    microphone = new Microphone();
    states = [];
    sent = [];
    microphone.on("state", (state) => states.push(state));
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}

export async function open(): Promise<void> {
  await microphone.connect((track) => Promise.resolve(void sent.push(track)));
  await microphone.open(always);
}

export function asked(): unknown[] {
  return browser.getUserMedia.mock.calls.map(([constraints]) => constraints);
}

/** Another microphone: the next one that is opened. */
export function plugIn(other = new ScriptedTrack()): ScriptedTrack {
  browser.getUserMedia.mockImplementation(() => Promise.resolve({ getAudioTracks: () => [other] }));
  return other;
}

export function unplug(): void {
  browser.track.readyState = "ended";
  browser.track.dispatchEvent(new Event("ended"));
}

/** As after a telephone call on iPadOS: no "unmute" comes. */
export function takeAway(): void {
  browser.track.muted = true;
  browser.track.dispatchEvent(new Event("mute"));
}
