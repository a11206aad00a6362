import { describe, expect, test, vi } from "vitest";
import type { RealtimeEvent } from "../../src/protocol/events.ts";
import { handoff, interruption } from "../../src/call/prompts.ts";
import { mintAnswer } from "../standins/browser.ts";
import { AGENT, audio, browser, call, changes, connection, open, settle, startAndConnect, states, useCall } from "../standins/call.ts";

useCall();

describe("a call that is handed off", () => {
  const GUIDE = { ...AGENT, name: "guide", label: "Guide", greeting: "Say that you guide." };
  const typed = { type: "message", role: "user", content: [{ type: "input_text", text: "I want the guide." }] };

  async function handOff(agent: typeof GUIDE = GUIDE): Promise<void> {
    call.handOff(agent);
    await settle();
  }

  async function opened(): Promise<void> {
    connection().channel.open();
    await settle();
  }

  test("goes on at once with the other agent, who is told what was said under the same ids, and speaks first", async () => {
    await startAndConnect();
    const { channel } = connection();
    call.say("I want the guide.");
    const sent = channel.sent as RealtimeEvent[];
    const { item } = sent.findLast(({ type }) => type === "conversation.item.create")!;
    await handOff();
    expect(channel.readyState).toBe("closed");
    await opened();
    expect(states()).toEqual(["connecting", "live", "handing_off", "live"]);
    expect(call.agent).toBe(GUIDE);
    expect(connection().channel.sent).toMatchObject([
      { type: "conversation.item.create", item: { ...typed, id: (item as { id: string }).id } }, // though the session never told of it
      { item: { role: "system", content: [{ text: handoff }] } },
      { type: "response.create" },
    ]);
    expect(browser.requests.filter(({ url }) => url === "/api/client-secrets").map(({ body }) => body)).toEqual(
      ["assistant", "guide"].map((agent) => JSON.stringify({ agent })),
    );
    expect(browser.track.readyState).toBe("live");
  });

  test("by the server too, to whichever kind of agent, and the session before is hung up", async () => {
    const answer = (id: string) => new Response("v=0 answer", { status: 201, headers: { location: `/api/calls/${id}`, "voicemint-ticket": `${id}.k1.e30.mac` } });
    open({ setup: "unified" });
    browser.mint = () => Promise.resolve(answer("v1"));
    await startAndConnect();
    browser.mint = () => Promise.resolve(answer("v2"));
    call.handOff({ ...GUIDE, setup: "unified" });
    await settle();
    await opened();
    expect(browser.requests.map(({ url }) => url)).toEqual(["/api/calls?agent=assistant", "/api/calls/hangup", "/api/calls?agent=guide"]);
    expect(browser.requests[1]?.body).toBe('{"ticket":"v1.k1.e30.mac"}');
  });

  test("asks for a tap in a browser that refuses to play the other agent's voice, who is heard from then on", async () => {
    const blocked: boolean[] = [];
    call.on("blocked", (value) => blocked.push(value));
    await startAndConnect();
    audio.play.mockRejectedValue(new DOMException("", "NotAllowedError"));
    await handOff();
    await opened();
    expect(blocked.at(-1)).toBe(true);
    audio.play.mockResolvedValue(undefined);
    call.unblock();
    await settle();
    expect([blocked.at(-1), states().at(-1)]).toEqual([false, "live"]);
  });

  test("says what is typed meanwhile when the other agent is there", async () => {
    await startAndConnect();
    call.handOff(GUIDE);
    expect(call.say("Are you there?")).toBe(true);
    await settle();
    await opened();
    const { sent } = connection().channel;
    expect(sent.filter((event) => JSON.stringify(event).includes("Are you there?"))).toHaveLength(1);
    expect(sent.filter(({ type }) => type === "response.create")).toHaveLength(1);
  });

  test("that is cut before the other agent is there goes on like any other that is cut", async () => {
    await startAndConnect();
    call.say("I want the guide.");
    browser.mint = () => Promise.reject(new TypeError("Failed to fetch"));
    await handOff();
    expect(states().slice(-2)).toEqual(["handing_off", "reconnecting"]);
    browser.mint = () => Promise.resolve(mintAnswer());
    await vi.advanceTimersByTimeAsync(1_000);
    await settle();
    await opened();
    expect(states().at(-1)).toBe("live");
    expect(JSON.stringify(connection().channel.sent)).toContain(handoff);
    expect(browser.requests.at(-2)?.body).toBe('{"agent":"guide"}');
  });

  test("and then cut is told of the cut, and goes on with the other agent", async () => {
    await startAndConnect();
    call.say("I want the guide.");
    await handOff();
    await opened();
    connection().become("failed");
    await vi.advanceTimersByTimeAsync(1_000);
    await settle();
    await opened();
    expect(call.agent).toBe(GUIDE);
    expect(JSON.stringify(connection().channel.sent)).toContain(interruption);
    expect(JSON.stringify(connection().channel.sent)).not.toContain(handoff);
  });

  test("and refused ends with what the server says", async () => {
    await startAndConnect();
    browser.mint = () => Promise.resolve(Response.json({ error: { message: "No more today." } }, { status: 429 }));
    await handOff();
    expect(changes.at(-1)).toMatchObject({ state: "failed", problem: { code: "server_refused", detail: "No more today." } });
    expect(browser.track.readyState).toBe("ended");
  });

  test("ends while it is handed off when the person ends it, and the next one begins with the chosen agent", async () => {
    await startAndConnect();
    await handOff();
    call.end();
    await settle();
    expect(states().slice(-3)).toEqual(["handing_off", "ending", "ended"]);
    await startAndConnect();
    expect(call.agent.name).toBe("assistant");
    expect(connection().channel.sent).toMatchObject([{ item: { content: [{ text: AGENT.greeting }] } }, { type: "response.create" }]);
  });

  test("keeps its limit, and takes the other agent's where that is shorter", async () => {
    browser.mint = () => Promise.resolve(mintAnswer({ max_call_seconds: 90 }));
    await startAndConnect();
    await vi.advanceTimersByTimeAsync(10_000);
    browser.mint = () => Promise.resolve(mintAnswer({ max_call_seconds: 20 }));
    await handOff();
    await opened();
    await vi.advanceTimersByTimeAsync(19_000);
    expect(states().at(-1)).toBe("live");
    browser.mint = () => Promise.resolve(mintAnswer({ max_call_seconds: 600 }));
    await handOff({ ...GUIDE, name: "clerk" });
    await opened();
    await vi.advanceTimersByTimeAsync(1_000);
    await settle();
    expect(changes.at(-1)).toEqual({ state: "ended", reason: "time_limit" });
  });

  test("is nothing without a call", () => {
    call.handOff(GUIDE);
    expect([call.agent.name, ...states()]).toEqual(["assistant"]);
  });
});
