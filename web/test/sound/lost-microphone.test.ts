import { expect, test, vi } from "vitest";
import { ScriptedTrack } from "../standins/browser.ts";
import { browser, microphone, open, plugIn, sent, states, takeAway, unplug, useMicrophone } from "../standins/microphone.ts";

useMicrophone();

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
