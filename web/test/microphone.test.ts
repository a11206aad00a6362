import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Microphone, openMicrophone } from "../src/microphone.ts";

class Track extends EventTarget {
  enabled = true;
  readyState = "live";
  stop(): void {
    this.readyState = "ended";
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function opened() {
  const track = new Track();
  const sent: unknown[] = [];
  const lost = vi.fn();
  const send = (what: MediaStreamTrack | null) => Promise.resolve(void sent.push(what));
  return { track, sent, lost, microphone: new Microphone(track as unknown as MediaStreamTrack, send, lost) };
}

test("mute silences at once and then stops sending", async () => {
  const { track, sent, microphone } = opened();
  await microphone.setMuted(false);
  await microphone.setMuted(true);
  expect([track.enabled, sent]).toEqual([false, [track]]);
  await vi.runAllTimersAsync();
  expect(sent).toEqual([track, null]);
});

test("unmute sends again, also when it comes before the silence is over", async () => {
  const { track, sent, microphone } = opened();
  await microphone.setMuted(true);
  await microphone.setMuted(false);
  await vi.runAllTimersAsync();
  expect([track.enabled, sent]).toEqual([true, [track]]);
});

test("a microphone that is taken away is reported", () => {
  const { track, lost } = opened();
  track.dispatchEvent(new Event("ended"));
  expect(lost).toHaveBeenCalledOnce();
});

test("permission that comes after the call is over records nothing", async () => {
  const track = new Track();
  const ending = new AbortController();
  vi.stubGlobal("isSecureContext", true);
  const getUserMedia = () => {
    ending.abort();
    return Promise.resolve({ getAudioTracks: () => [track] });
  };
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
  await expect(openMicrophone(ending.signal)).rejects.toThrow();
  expect(track.readyState).toBe("ended");
});

test("a page that is not secure has no microphone", async () => {
  vi.stubGlobal("isSecureContext", false);
  await expect(openMicrophone(new AbortController().signal)).rejects.toMatchObject({ code: "insecure_page" });
});
