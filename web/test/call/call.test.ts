import { describe, expect, test, vi } from "vitest";
import { mintAnswer, ScriptedPeerConnection, ScriptedTrack } from "../standins/browser.ts";
import { AGENT, audio, browser, call, callIds, changes, connection, open, settle, startAndConnect, states, useCall } from "../standins/call.ts";

useCall();

describe("a call", () => {
  test("goes from the tap to the greeting", async () => {
    call.prepare();
    await startAndConnect();
    expect(states()).toEqual(["connecting", "live"]);
    expect(callIds).toEqual(["rtc_1"]);
    expect(connection().tracksSent).toEqual([browser.track]);
    expect(connection().channel.sent.map(({ type }) => type)).toEqual(["conversation.item.create", "response.create"]);
    expect(connection().channel.sent[0]).toMatchObject({ item: { role: "system", content: [{ text: AGENT.greeting }] } });
  });

  test("asks for the microphone and the sound inside the tap", () => {
    call.start();
    expect(browser.getUserMedia).toHaveBeenCalledOnce();
    expect(audio.play).toHaveBeenCalledOnce();
    expect(audio.srcObject).not.toBeNull();
  });

  test("sends the client secret to OpenAI only, in a header", async () => {
    await startAndConnect();
    expect(browser.requests).toEqual([
      { url: "/api/client-secrets", body: '{"agent":"assistant"}', authorization: null },
      { url: "https://openai.example/v1/realtime/calls", body: "v=0 offer", authorization: "Bearer ek_0123456789" },
    ]);
  });

  test.each([
    [{ month_minutes_left: 42 }, 42],
    [{ month_minutes_left: 0 }, 0],
    [{}, undefined],
    [{ month_minutes_left: "many" }, undefined],
    [{ month_minutes_left: -1 }, undefined],
  ])("tells what the server told of the month: %j", async (told, expected) => {
    browser.mint = () => Promise.resolve(mintAnswer(told));
    const left: (number | undefined)[] = [];
    call.on("minutesLeft", (minutes) => left.push(minutes));
    await startAndConnect();
    expect(left).toEqual([expected]);
  });

  test("says nothing by itself when the agent has no greeting", async () => {
    open({ greeting: "" });
    await startAndConnect();
    expect(connection().channel.sent).toEqual([]);
  });

  test("ends with everything closed, and can be started again", async () => {
    await startAndConnect();
    const { channel } = connection();
    call.end();
    expect(browser.track.readyState).toBe("ended");
    expect([channel.readyState, connection().signalingState]).toEqual(["closed", "closed"]);
    await settle();
    expect(states()).toEqual(["connecting", "live", "ending", "ended"]);
    await startAndConnect();
    expect(states().slice(-2)).toEqual(["connecting", "live"]);
    expect(connection().channel).not.toBe(channel);
  });

  test("that is ended while it connects leaves nothing open", async () => {
    browser.mint = () => new Promise(() => undefined);
    call.start();
    await settle();
    call.end();
    await settle();
    expect(states()).toEqual(["connecting", "ending", "ended"]);
    expect(browser.track.readyState).toBe("ended");
    expect(ScriptedPeerConnection.all.filter(({ signalingState }) => signalingState !== "closed")).toHaveLength(1); // the next one's
  });

  test.each([
    ["the other side hangs up", "hung_up", () => connection().channel.hangUp()],
    ["its time is over", "time_limit", () => vi.advanceTimersByTime(60_000)],
    [
      "the server ends it a little before its time is over",
      "time_limit",
      () => {
        vi.advanceTimersByTime(56_000);
        connection().channel.hangUp();
      },
    ],
    [
      "the microphone is unplugged and there is none for a minute",
      "microphone_lost",
      async () => {
        browser.getUserMedia.mockRejectedValue(new DOMException("", "NotFoundError"));
        browser.track.dispatchEvent(new Event("ended"));
        await vi.advanceTimersByTimeAsync(60_000);
      },
    ],
    [
      "the microphone is unplugged, there is none for a minute, and Mute is tapped meanwhile",
      "microphone_lost",
      async () => {
        browser.getUserMedia.mockRejectedValue(new DOMException("", "NotFoundError"));
        browser.track.readyState = "ended";
        browser.track.dispatchEvent(new Event("ended"));
        for (const muted of [true, false, true, false]) {
          await vi.advanceTimersByTimeAsync(5_000);
          call.setMuted(muted);
        }
        await vi.advanceTimersByTimeAsync(40_000);
      },
    ],
    [
      "the system keeps the microphone for a minute, however often it is asked for",
      "microphone_lost",
      async () => {
        const track = Object.assign(new ScriptedTrack(), { muted: true });
        browser.getUserMedia.mockResolvedValue({ getAudioTracks: () => [track] });
        browser.track.muted = true;
        browser.track.dispatchEvent(new Event("mute"));
        await vi.advanceTimersByTimeAsync(60_000);
      },
    ],
  ] as [string, string, () => void | Promise<void>][])("ends when %s", async (_, reason, happen) => {
    browser.mint = () => Promise.resolve(mintAnswer({ max_call_seconds: reason === "time_limit" ? 60 : 600 }));
    await startAndConnect();
    await Promise.resolve(happen());
    await settle();
    expect(changes.at(-1)).toEqual({ state: "ended", reason });
    expect(browser.track.readyState).toBe("ended");
  });

  test.each([
    ["reached its time limit", "time_limit", 90],
    ["been used by nobody", "idle", 3600],
  ])("that has %s in the device's sleep ends after waking", async (_, reason, maxCallSeconds) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
    browser.mint = () => Promise.resolve(mintAnswer({ max_call_seconds: maxCallSeconds }));
    await startAndConnect();
    vi.setSystemTime(Date.now() + 601_000); // the other clock stands still while the device sleeps
    await vi.advanceTimersByTimeAsync(5_000);
    await settle();
    expect(changes.at(-1)).toEqual({ state: "ended", reason });
  });

  test("ends when nobody has spoken for ten minutes, not before", async () => {
    await startAndConnect();
    await vi.advanceTimersByTimeAsync(599_000);
    connection().channel.receive({ type: "input_audio_buffer.speech_started" });
    await vi.advanceTimersByTimeAsync(599_000);
    expect(states().at(-1)).toBe("live");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(changes.at(-1)).toEqual({ state: "ended", reason: "idle" });
  });
});

describe("the last minute", () => {
  test("is counted down, and near its end the agent says goodbye", async () => {
    const left: (number | undefined)[] = [];
    browser.mint = () => Promise.resolve(mintAnswer({ max_call_seconds: 90 }));
    call.on("secondsLeft", (seconds) => left.push(seconds));
    await startAndConnect();
    connection().channel.receive({ type: "response.created" });
    connection().channel.receive({ type: "response.done" });
    await vi.advanceTimersByTimeAsync(29_000);
    expect(left).toEqual([]);
    await vi.advanceTimersByTimeAsync(46_000);
    expect(left).toEqual(Array.from({ length: 46 }, (_, at) => 60 - at));
    expect(connection().channel.sent.slice(-2)).toMatchObject([{ item: { role: "system" } }, { type: "response.create" }]);
  });
});

describe("typed words", () => {
  test("interrupt what is being said", async () => {
    await startAndConnect();
    const { channel } = connection();
    channel.receive({ type: "response.created" });
    channel.receive({ type: "output_audio_buffer.started" });
    channel.sent.length = 0;
    expect(call.say("Stop")).toBe(true);
    channel.receive({ type: "response.done" });
    expect(channel.sent.map(({ type }) => type)).toEqual([
      "response.cancel",
      "output_audio_buffer.clear",
      "conversation.item.create",
      "response.create",
    ]);
  });

  test("wait for the channel, and take the place of the greeting", async () => {
    call.start();
    await settle();
    expect(call.say("Hello")).toBe(true);
    expect(connection().channel.sent).toEqual([]);
    connection().channel.open();
    await settle();
    expect(connection().channel.sent[0]).toMatchObject({ item: { role: "user", content: [{ text: "Hello" }] } });
    expect(connection().channel.sent).toHaveLength(2);
  });

  test("longer than the data channel takes are not sent", async () => {
    await startAndConnect();
    const before = connection().channel.sent.length;
    expect(call.say("é".repeat(40_000))).toBe(false);
    expect(connection().channel.sent).toHaveLength(before);
  });

  test("go nowhere without a call", () => {
    expect(call.say("Hello")).toBe(false);
  });
});

test("a browser that refuses to play is reported, and asked again by the next tap", async () => {
  const blocked: boolean[] = [];
  call.on("blocked", (value) => blocked.push(value));
  audio.play.mockRejectedValueOnce(new DOMException("", "NotAllowedError"));
  await startAndConnect();
  call.unblock();
  await settle();
  expect(blocked).toEqual([true, false]);
});

test("a page that is left leaves nothing open", async () => {
  await startAndConnect();
  call.release();
  expect(browser.track.readyState).toBe("ended");
  expect(ScriptedPeerConnection.all.every(({ signalingState }) => signalingState === "closed")).toBe(true);
});
