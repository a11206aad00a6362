import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { defaultWish, Microphone, type MicrophoneState } from "../../src/sound/microphone.ts";
import { installBrowser, ScriptedTrack } from "../standins/browser.ts";

let browser: ReturnType<typeof installBrowser>;
let microphone: Microphone;
let states: MicrophoneState[];
let sent: unknown[];
const always = new AbortController().signal;

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

async function open(): Promise<void> {
  await microphone.connect((track) => Promise.resolve(void sent.push(track)));
  await microphone.open(always);
}

function asked(): unknown[] {
  return browser.getUserMedia.mock.calls.map(([constraints]) => constraints);
}

/** Another microphone: the next one that is opened. */
function plugIn(other = new ScriptedTrack()): ScriptedTrack {
  browser.getUserMedia.mockImplementation(() => Promise.resolve({ getAudioTracks: () => [other] }));
  return other;
}

function unplug(): void {
  browser.track.readyState = "ended";
  browser.track.dispatchEvent(new Event("ended"));
}

/** As after a telephone call on iPadOS: no "unmute" comes. */
function takeAway(): void {
  browser.track.muted = true;
  browser.track.dispatchEvent(new Event("mute"));
}

test("mute silences at once and then stops sending", async () => {
  await open();
  microphone.setMuted(true);
  expect([browser.track.enabled, sent]).toEqual([false, [browser.track]]);
  await vi.runAllTimersAsync();
  expect(sent).toEqual([browser.track, null]);
  expect(states).toEqual(["opening", "on", "muted"]);
});

test("unmute sends again, also when it comes before the silence is over", async () => {
  await open();
  microphone.setMuted(true);
  microphone.setMuted(false);
  await vi.runAllTimersAsync();
  expect(browser.track.enabled).toBe(true);
  expect(sent).not.toContain(null);
});

test("held back it sends nothing at once", async () => {
  await open();
  await microphone.setHeldBack(true);
  expect([browser.track.enabled, sent.at(-1), states.at(-1)]).toEqual([false, null, "held_back"]);
  await microphone.setHeldBack(false);
  expect([browser.track.enabled, sent.at(-1), states.at(-1)]).toEqual([true, browser.track, "on"]);
});

test("what is muted stays so when it is not held back any more", async () => {
  await open();
  microphone.setMuted(true);
  await microphone.setHeldBack(true);
  await microphone.setHeldBack(false);
  expect([browser.track.enabled, states.at(-1)]).toEqual([false, "muted"]);
});

test("the system may take it for a while", async () => {
  await open();
  browser.track.muted = true;
  browser.track.dispatchEvent(new Event("mute"));
  browser.track.muted = false;
  browser.track.dispatchEvent(new Event("unmute"));
  expect(states).toEqual(["opening", "on", "paused", "on"]);
});

test("one that is unplugged is replaced by what else there is, muted if it was", async () => {
  await open();
  microphone.setMuted(true);
  const other = plugIn();
  unplug();
  await vi.advanceTimersByTimeAsync(0);
  expect(states).toEqual(["opening", "on", "muted", "lost", "opening", "muted"]);
  expect(other.enabled).toBe(false);
});

test("one that is unplugged with nothing in its place is lost until there is another", async () => {
  await open();
  for (let wish = 0; wish < 2; wish += 1) browser.getUserMedia.mockRejectedValueOnce(new DOMException("", "NotFoundError"));
  unplug();
  await vi.advanceTimersByTimeAsync(0);
  expect(states.at(-1)).toBe("lost");
  plugIn();
  await microphone.tryAgain();
  expect(states.at(-1)).toBe("on");
});

test("one that is lost stays lost, whatever is muted, held or connected meanwhile", async () => {
  await open();
  browser.getUserMedia.mockRejectedValue(new DOMException("", "NotFoundError"));
  unplug();
  await vi.advanceTimersByTimeAsync(0);
  sent.length = 0;
  microphone.setMuted(true);
  microphone.setMuted(false);
  await microphone.setHeldBack(true);
  await microphone.setHeldBack(false);
  await microphone.connect((track) => Promise.resolve(void sent.push(track)));
  await vi.advanceTimersByTimeAsync(0);
  expect([microphone.state, states.at(-1), microphone.canBeHeard, sent]).toEqual(["lost", "lost", false, []]);
});

test("one that ends without a word is no microphone either", async () => {
  await open();
  browser.track.readyState = "ended";
  microphone.setMuted(true);
  expect([microphone.state, states.at(-1)]).toEqual(["lost", "lost"]);
});

test("one that is gone is asked for again after some seconds, and each attempt is not told", async () => {
  await open();
  browser.getUserMedia.mockRejectedValue(new DOMException("", "NotFoundError"));
  unplug();
  await vi.advanceTimersByTimeAsync(11_000);
  expect(states).toEqual(["opening", "on", "lost", "opening", "lost"]);
  plugIn();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(states.at(-1)).toBe("on");
});

test("one that the system keeps is opened anew when the page is in front, and let go before", async () => {
  await open();
  takeAway();
  const held: string[] = [];
  const other = new ScriptedTrack();
  browser.getUserMedia.mockImplementation(() => {
    held.push(browser.track.readyState);
    return Promise.resolve({ getAudioTracks: () => [other] });
  });
  await microphone.tryAgain();
  expect([states, sent.at(-1), held]).toEqual([["opening", "on", "paused", "opening", "on"], other, ["ended"]]);
});

test("one that the system keeps is opened anew after some seconds, not while the page is hidden", async () => {
  await open();
  takeAway();
  const other = plugIn();
  Object.assign(document, { visibilityState: "hidden" });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(states.at(-1)).toBe("paused");
  Object.assign(document, { visibilityState: "visible" });
  await vi.advanceTimersByTimeAsync(5_000);
  expect([states, sent.at(-1)]).toEqual([["opening", "on", "paused", "on"], other]);
});

test("another one that is chosen while the permission question is open is taken when it is answered", async () => {
  let answer: (stream: unknown) => void = () => undefined;
  browser.getUserMedia.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
  const opening = open();
  await vi.advanceTimersByTimeAsync(0);
  const changing = microphone.change({ ...defaultWish, id: "usb" });
  const other = plugIn(new ScriptedTrack("usb"));
  answer({ getAudioTracks: () => [browser.track] });
  await Promise.all([opening, changing]);
  expect([sent.at(-1), microphone.settings?.deviceId, browser.track.readyState]).toEqual([other, "usb", "ended"]);
});

test("a chosen one that was gone is taken when it is there again", async () => {
  microphone.wish = { ...defaultWish, id: "usb" };
  browser.getUserMedia.mockRejectedValueOnce(new DOMException("", "OverconstrainedError"));
  await open();
  const other = plugIn(new ScriptedTrack("usb"));
  await microphone.tryAgain(["built-in"]);
  expect(sent.at(-1)).toBe(browser.track);
  await microphone.tryAgain(["built-in", "usb"]);
  expect(sent.at(-1)).toBe(other);
  const count = asked().length;
  await microphone.tryAgain(["built-in", "usb"]);
  expect(asked()).toHaveLength(count);
});

test("another one takes its place in the middle of a call, and the first is stopped", async () => {
  await open();
  const other = plugIn();
  await microphone.change({ ...defaultWish, id: "usb" });
  expect([browser.track.readyState, sent.at(-1)]).toEqual(["ended", other]);
  const strict = { echoCancellation: { exact: true }, noiseSuppression: { exact: true }, autoGainControl: { exact: true } };
  expect(asked().at(-1)).toEqual({ audio: { ...strict, deviceId: { exact: "usb" } } });
});

test("another sound of the same microphone is asked for strictly, and else as near as there is", async () => {
  await open();
  browser.getUserMedia.mockRejectedValueOnce(new DOMException("", "OverconstrainedError"));
  plugIn();
  const processing = { ...defaultWish.processing, noiseSuppression: false };
  await microphone.change({ ...defaultWish, processing });
  expect(asked().at(-1)).toEqual({ audio: processing });
  expect(states.at(-1)).toBe("on");
});

test("a chosen one that is not there any more gives the system's own choice", async () => {
  microphone.wish = { ...defaultWish, id: "gone" };
  browser.getUserMedia.mockRejectedValueOnce(new DOMException("", "OverconstrainedError"));
  await open();
  expect(asked().at(-1)).toEqual({ audio: defaultWish.processing });
  expect(states.at(-1)).toBe("on");
});

test("one that is refused leaves the first in use", async () => {
  await open();
  browser.getUserMedia.mockRejectedValueOnce(new DOMException("", "NotReadableError"));
  await expect(microphone.change({ ...defaultWish, id: "usb" })).rejects.toMatchObject({ code: "microphone_busy" });
  expect([browser.track.readyState, states.at(-1)]).toEqual(["live", "on"]);
  expect(microphone.wish).toEqual(defaultWish); // a next attempt does not ask for what was refused
});

test("another connection takes it over", async () => {
  await open();
  const others: unknown[] = [];
  await microphone.connect((track) => Promise.resolve(void others.push(track)));
  expect(others).toEqual([browser.track]);
});

test("permission that comes after the call is over records nothing", async () => {
  const ending = new AbortController();
  browser.getUserMedia.mockImplementation(() => {
    ending.abort();
    return Promise.resolve({ getAudioTracks: () => [browser.track] });
  });
  await expect(microphone.open(ending.signal)).rejects.toThrow();
  expect(browser.track.readyState).toBe("ended");
});

test("a page that is not secure has no microphone", async () => {
  vi.stubGlobal("isSecureContext", false);
  await expect(microphone.open(always)).rejects.toMatchObject({ code: "insecure_page" });
  expect(states).toEqual(["opening", "off"]);
});
