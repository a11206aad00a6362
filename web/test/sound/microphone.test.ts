import { expect, test, vi } from "vitest";
import { defaultWish } from "../../src/sound/microphone.ts";
import { ScriptedTrack } from "../standins/browser.ts";
import { always, asked, browser, microphone, open, plugIn, sent, states, useMicrophone } from "../standins/microphone.ts";

useMicrophone();

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
