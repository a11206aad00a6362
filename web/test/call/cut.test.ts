import { describe, expect, test, vi } from "vitest";
import { mintAnswer } from "../standins/browser.ts";
import { audio, browser, call, changes, connection, settle, startAndConnect, states, useCall } from "../standins/call.ts";

useCall();

describe("a call that is cut", () => {
  const said = { item: { id: "item_1", type: "message", role: "user", content: [{ type: "input_text", text: "My name is Ana." }] } };

  async function cut(): Promise<void> {
    connection().channel.receive({ type: "conversation.item.added", ...said });
    connection().become("failed");
    await settle();
  }

  async function comeBack(): Promise<void> {
    await vi.advanceTimersByTimeAsync(1_000);
    await settle();
    connection().channel.open();
    await settle();
  }

  test("goes on in a new session, which is told what was said, under the same ids", async () => {
    await startAndConnect();
    const { channel } = connection();
    await cut();
    await comeBack();
    expect(states()).toEqual(["connecting", "live", "reconnecting", "live"]);
    expect(connection().channel).not.toBe(channel);
    const [told, ...others] = connection().channel.sent;
    expect(told).toEqual({ type: "conversation.item.create", ...said });
    expect(others).toMatchObject([{ item: { role: "system" } }, { type: "response.create" }]); // and answers what was asked
    expect(connection().tracksSent).toEqual([browser.track]);
    expect(browser.track.readyState).toBe("live");
    expect(browser.requests.filter(({ url }) => url === "/api/client-secrets")).toHaveLength(2);
  });

  test("plays the new session's voice without another tap", async () => {
    await startAndConnect();
    const before = audio.play.mock.calls.length;
    await cut();
    await comeBack();
    expect(audio.play.mock.calls.length).toBeGreaterThan(before);
  });

  test("does not take a lost microphone for one that is there", async () => {
    await startAndConnect();
    browser.getUserMedia.mockRejectedValue(new DOMException("", "NotFoundError"));
    browser.track.readyState = "ended";
    browser.track.dispatchEvent(new Event("ended"));
    await cut();
    await comeBack();
    expect([states().at(-1), call.microphone.state, connection().tracksSent]).toEqual(["live", "lost", []]);
  });

  test("by a gap that does not heal goes on too, one that heals is none", async () => {
    await startAndConnect();
    connection().become("disconnected");
    await vi.advanceTimersByTimeAsync(4_000);
    connection().become("connected");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states().at(-1)).toBe("live");
    connection().become("disconnected");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(states().at(-1)).toBe("reconnecting");
  });

  test("by the longest session there is goes on too", async () => {
    await startAndConnect();
    connection().channel.receive({ type: "error", error: { code: "session_expired" } });
    await settle();
    await comeBack();
    expect(states().slice(-2)).toEqual(["reconnecting", "live"]);
  });

  test("is tried again and again, with longer and longer waits, and sooner when the network is back", async () => {
    const waits: number[] = [];
    call.on("reconnecting", (told) => told && told.secondsToWait > 0 && (waits[told.attempt - 1] ??= told.secondsToWait));
    await startAndConnect();
    browser.mint = () => Promise.reject(new TypeError("Failed to fetch"));
    await cut();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(states().at(-1)).toBe("reconnecting");
    expect(waits.length).toBeGreaterThan(5);
    expect(waits.slice(0, 5)).toEqual(waits.slice(0, 5).toSorted((one, other) => one - other));
    expect(Math.max(...waits)).toBeLessThanOrEqual(30);
    browser.mint = () => Promise.resolve(mintAnswer());
    dispatchEvent(new Event("online"));
    await settle();
    connection().channel.open();
    await settle();
    expect(states().at(-1)).toBe("live");
  });

  test("is tried again soon when the network comes a moment after the word of it", async () => {
    await startAndConnect();
    browser.mint = () => Promise.reject(new TypeError("Failed to fetch"));
    await cut();
    await vi.advanceTimersByTimeAsync(100_000);
    dispatchEvent(new Event("online"));
    await settle();
    expect(states().at(-1)).toBe("reconnecting");
    browser.mint = () => Promise.resolve(mintAnswer());
    await comeBack();
    expect(states().at(-1)).toBe("live");
  });

  test("and then refused says what the server says", async () => {
    await startAndConnect();
    browser.mint = () => Promise.resolve(Response.json({ error: { message: "No more today." } }, { status: 429 }));
    await cut();
    await vi.advanceTimersByTimeAsync(1_000);
    await settle();
    expect(changes.at(-1)).toMatchObject({ state: "failed", problem: { code: "server_refused", detail: "No more today." } });
    expect(browser.track.readyState).toBe("ended");
  });

  test("is given up after some minutes without a network", async () => {
    await startAndConnect();
    browser.mint = () => Promise.reject(new TypeError("Failed to fetch"));
    await cut();
    await vi.advanceTimersByTimeAsync(600_000);
    await settle();
    expect(changes.at(-1)).toMatchObject({ state: "failed", problem: { code: "server_unreachable" } });
  });

  test("can be ended while it is tried", async () => {
    await startAndConnect();
    await cut();
    call.end();
    await settle();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states().slice(-2)).toEqual(["ending", "ended"]);
    expect(browser.requests.filter(({ url }) => url === "/api/client-secrets")).toHaveLength(1);
  });

  test("says what was typed meanwhile when it is back", async () => {
    await startAndConnect();
    await cut();
    expect(call.say("Are you there?")).toBe(true);
    await comeBack();
    expect(connection().channel.sent.slice(-2)).toMatchObject([{ item: { content: [{ text: "Are you there?" }] } }, { type: "response.create" }]);
  });

  test("says what was typed when it was cut and nobody knew it yet", async () => {
    await startAndConnect();
    const lost = connection();
    lost.channel.readyState = "closing";
    const before = lost.channel.sent.length;
    expect(call.say("Are you there?")).toBe(true);
    call.line?.interrupt();
    expect(call.line?.sendEvent({ type: "input_audio_buffer.clear" })).toBe(false);
    expect(lost.channel.sent).toHaveLength(before);
    await cut();
    await comeBack();
    expect(connection().channel.sent.slice(-2)).toMatchObject([{ item: { content: [{ text: "Are you there?" }] } }, { type: "response.create" }]);
  });

  test("keeps its limit: a new session is no new call", async () => {
    browser.mint = () => Promise.resolve(mintAnswer({ max_call_seconds: 90 }));
    await startAndConnect();
    await vi.advanceTimersByTimeAsync(80_000);
    await cut();
    await comeBack();
    await vi.advanceTimersByTimeAsync(10_000);
    await settle();
    expect(changes.at(-1)).toEqual({ state: "ended", reason: "time_limit" });
  });
});
