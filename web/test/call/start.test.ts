import { describe, expect, test, vi } from "vitest";
import { mintAnswer, ScriptedPeerConnection } from "../standins/browser.ts";
import { asked, browser, call, changes, connection, refuseOffers, settle, startAndConnect, states, useCall } from "../standins/call.ts";

useCall();

describe("a call that cannot be made", () => {
  test.each([
    ["microphone_denied", () => browser.getUserMedia.mockRejectedValue(new DOMException("", "NotAllowedError"))],
    ["server_refused", () => (browser.mint = () => Promise.resolve(Response.json({ error: { message: "No." } }, { status: 503 })))],
    ["server_unclear", () => (browser.mint = () => Promise.resolve(new Response("<html>")))],
    ["server_unclear", () => (browser.mint = () => Promise.resolve(mintAnswer({ value: 7 })))],
    ["server_unreachable", () => (browser.mint = () => Promise.reject(new TypeError("Failed to fetch")))],
    ["openai_refused", () => (browser.answerOffer = () => Promise.resolve(Response.json({ error: { message: "No." } }, { status: 401 })))],
    ["openai_unclear", () => (browser.answerOffer = () => Promise.resolve(new Response("<html>")))],
    ["openai_unclear", () => (browser.answerOffer = () => Promise.resolve(new Response("v=0".padEnd(300_000))))],
    ["openai_unreachable", () => (browser.answerOffer = () => Promise.reject(new TypeError("Failed to fetch")))],
  ])("fails with %s and leaves the microphone off", async (code, arrange) => {
    arrange();
    call.start();
    await settle();
    expect(states()).toEqual(["connecting", "failed"]);
    expect(changes.at(-1)?.problem?.code).toBe(code);
    expect(browser.track.readyState).toBe(code === "microphone_denied" ? "live" : "ended"); // it never came, or it is off
  });

  test("times out when the channel does not open", async () => {
    call.start();
    await settle();
    await vi.advanceTimersByTimeAsync(15_000);
    await settle();
    expect(changes.at(-1)?.problem?.code).toBe("timed_out");
  });

  test("is refused at once on a page without a microphone, and says why before anyone taps", () => {
    vi.stubGlobal("isSecureContext", false);
    call.prepare();
    call.dial();
    call.start();
    expect(changes.map(({ problem }) => problem?.code)).toEqual(["insecure_page", "insecure_page"]);
    expect(browser.requests).toEqual([]);
  });
});

describe("a press before the tap", () => {
  test("mints and connects, but leaves the microphone alone", async () => {
    call.dial();
    await settle();
    expect(browser.requests).toHaveLength(2);
    expect(browser.getUserMedia).not.toHaveBeenCalled();
    expect(states()).toEqual(["preparing"]);
  });

  test("is what the tap goes on with", async () => {
    call.dial();
    await settle();
    connection().channel.open();
    call.start();
    await settle();
    expect(states()).toEqual(["preparing", "connecting", "live"]);
    expect(browser.requests).toHaveLength(2);
  });

  test("that becomes no tap closes what it opened", async () => {
    call.dial();
    await settle();
    call.abandon();
    expect(connection().signalingState).toBe("closed");
    expect(states()).toEqual(["preparing", "idle"]);
  });

  test("leaves its client secret to the next, while it lasts", async () => {
    call.dial();
    await settle();
    call.abandon();
    call.dial();
    await settle();
    expect(browser.requests.filter(({ url }) => url === "/api/client-secrets")).toHaveLength(1);
    call.abandon();
    vi.advanceTimersByTime(56_000);
    call.dial();
    await settle();
    expect(browser.requests.filter(({ url }) => url === "/api/client-secrets")).toHaveLength(2);
  });

  test("finds the client secret that was fetched ahead, also one that is still on its way", async () => {
    let arrive: (answer: Response) => void = () => undefined;
    browser.mint = () => new Promise((resolve) => (arrive = resolve));
    call.warm();
    call.dial();
    await settle();
    arrive(mintAnswer());
    await settle();
    expect(browser.requests.map(({ url }) => url)).toEqual(["/api/client-secrets", "https://openai.example/v1/realtime/calls"]);
  });

  test("takes a new client secret, without a word, for one fetched ahead that OpenAI calls expired", async () => {
    call.warm();
    await settle();
    refuseOffers(1);
    await startAndConnect();
    expect(states()).toEqual(["connecting", "live"]);
    expect(asked("/api/client-secrets")).toBe(2);
  });

  test("tells when a new client secret is refused too, and does not try for ever", async () => {
    call.warm();
    await settle();
    refuseOffers(10);
    call.start();
    await settle();
    await settle();
    expect(changes.at(-1)).toMatchObject({ state: "failed", problem: { code: "openai_refused" } });
    expect(asked("/api/client-secrets")).toBe(2);
  });

  test("tells at once when a client secret is refused that was not fetched ahead", async () => {
    refuseOffers(10);
    call.start();
    await settle();
    expect(changes.at(-1)).toMatchObject({ state: "failed", problem: { code: "openai_refused" } });
    expect(asked("/api/client-secrets")).toBe(1);
  });

  test("after the device has slept uses neither the client secret nor the offer of before", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
    call.prepare();
    const prepared = ScriptedPeerConnection.all.at(-1);
    call.warm();
    await settle();
    vi.setSystemTime(Date.now() + 75_000); // the other clock stands still while the device sleeps
    await startAndConnect();
    expect(states()).toEqual(["connecting", "live"]);
    expect(asked("/api/client-secrets")).toBe(2);
    expect(connection()).not.toBe(prepared);
  });

  test("asks again when fetching ahead has failed, which nobody is told", async () => {
    browser.mint = () => Promise.reject(new TypeError("Failed to fetch"));
    call.warm();
    await settle();
    browser.mint = () => Promise.resolve(mintAnswer());
    await startAndConnect();
    expect(states()).toEqual(["connecting", "live"]);
  });

  test("uses a new client secret for each call", async () => {
    await startAndConnect();
    call.end();
    await settle();
    await startAndConnect();
    expect(browser.requests.filter(({ url }) => url === "/api/client-secrets")).toHaveLength(2);
  });

  test("whose refusal nobody waits for says nothing until the tap", async () => {
    browser.mint = () => Promise.resolve(new Response("", { status: 503 }));
    call.dial();
    await settle();
    expect(states()).toEqual(["preparing"]);
    call.start();
    await settle();
    expect(states()).toEqual(["preparing", "connecting", "failed"]);
  });
});
