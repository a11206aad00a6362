import { beforeEach, describe, expect, test, vi } from "vitest";
import { browser, call, changes, connection, open, settle, startAndConnect, states, useCall } from "../standins/call.ts";

useCall();

describe("a call set up by the server", () => {
  beforeEach(() => {
    open({ setup: "unified" });
    browser.mint = () => Promise.resolve(serverAnswer());
  });

  function serverAnswer(ticket = "v1.k1.e30.mac"): Response {
    const headers = { location: "/api/calls/rtc_7", "voicemint-ticket": ticket };
    return new Response("v=0 answer", { status: 201, headers });
  }

  test("posts its offer to the server only, and no bearer", async () => {
    await startAndConnect();
    expect(states()).toEqual(["connecting", "live"]);
    expect(browser.requests).toEqual([{ url: "/api/calls?agent=assistant", body: "v=0 offer", authorization: null }]);
  });

  test("is never told of instructions", async () => {
    await startAndConnect();
    connection().channel.receive({ type: "session.created", session: { instructions: "secret", audio: { input: {} } } });
    expect(JSON.stringify(connection().channel.sent)).not.toContain("instructions");
  });

  test("is hung up by its ticket when the person ends it", async () => {
    await startAndConnect();
    call.end();
    expect(browser.requests.at(-1)).toMatchObject({ url: "/api/calls/hangup", body: '{"ticket":"v1.k1.e30.mac"}' });
  });

  test("is hung up by its ticket when the page is left, and when the press became no tap", async () => {
    await startAndConnect();
    call.release();
    await settle();
    call.dial();
    await settle();
    call.abandon();
    expect(browser.requests.filter(({ url }) => url === "/api/calls/hangup")).toHaveLength(2);
  });

  test("ends at the deadline that the ticket tells", async () => {
    const payload = btoa(JSON.stringify({ deadline: Date.now() / 1000 + 20 }));
    browser.mint = () => Promise.resolve(serverAnswer(`v1.k1.${payload}.mac`));
    await startAndConnect();
    await vi.advanceTimersByTimeAsync(20_000);
    await settle();
    expect(changes.at(-1)).toEqual({ state: "ended", reason: "time_limit" });
  });
});

describe("a call opened with a client secret", () => {
  const registrations = () => browser.requests.filter(({ url }) => url === "/api/calls/register");

  test("is registered after the first sound, not on the way to it, and then hung up by its ticket", async () => {
    await startAndConnect();
    expect(registrations()).toEqual([]);
    browser.mint = () => Promise.resolve(Response.json({ ticket: "v1.k1.e30.mac" }, { status: 201 }));
    connection().channel.receive({ type: "output_audio_buffer.started" });
    connection().channel.receive({ type: "output_audio_buffer.started" });
    await settle();
    expect(registrations()).toEqual([]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(registrations().map(({ body }) => body)).toEqual(['{"call_id":"rtc_1","agent":"assistant"}']);
    call.end();
    expect(browser.requests.at(-1)?.url).toBe("/api/calls/hangup");
  });

  test("is registered a little later when nobody speaks first", async () => {
    open({ greeting: "" });
    await startAndConnect();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(registrations()).toHaveLength(1);
  });

  test("that could not be registered is tried again, and goes on all the same", async () => {
    await startAndConnect();
    browser.mint = () => Promise.resolve(new Response("", { status: 503 }));
    connection().channel.receive({ type: "output_audio_buffer.started" });
    for (let at = 0; at < 6; at += 1) {
      await settle();
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect(registrations()).toHaveLength(3);
    expect(states().at(-1)).toBe("live");
  });
});
