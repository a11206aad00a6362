import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Call } from "../../src/call/call.ts";
import type { StateChange } from "../../src/call/call-events.ts";
import type { RealtimeEvent } from "../../src/protocol/events.ts";
import { handoff, interruption } from "../../src/call/prompts.ts";
import { installBrowser, mintAnswer, ScriptedAudio, ScriptedPeerConnection, ScriptedTrack } from "../standins/browser.ts";

const AGENT = {
  name: "assistant",
  label: "Assistant",
  greeting: "Greet the person.",
  model: "gpt-realtime-2.1",
  voice: "marin",
  setup: "client-secret" as const,
  max_call_minutes: 30,
  page_tools: [],
  handoffs: [] as string[],
};

let browser: ReturnType<typeof installBrowser>;
let audio: ScriptedAudio;
let call: Call;
let changes: StateChange[];
let callIds: string[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  browser = installBrowser();
  open();
});

afterEach(() => {
  call.release();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function open(greeting = AGENT.greeting): void {
  audio = new ScriptedAudio();
  call = new Call({ ...AGENT, greeting }, audio as unknown as HTMLAudioElement);
  changes = [];
  callIds = [];
  call.on("state", (change) => changes.push(change));
  call.on("callId", (callId) => callIds.push(callId));
}

function states(): string[] {
  return changes.map(({ state }) => state);
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

/** The connection of the newest call: the one prepared after it is not it. */
function connection(): ScriptedPeerConnection {
  return ScriptedPeerConnection.all.findLast(({ remoteDescription }) => remoteDescription !== undefined)!;
}

/** OpenAI does not know the client secret of the next `times` offers. */
function refuseOffers(times: number): void {
  const { answerOffer } = browser;
  browser.answerOffer = () => {
    times -= 1;
    if (times < 0) return answerOffer();
    return Promise.resolve(Response.json({ error: { message: "The client secret has expired.", code: "invalid_api_key" } }, { status: 401 }));
  };
}

function asked(url: string): number {
  return browser.requests.filter((request) => request.url === url).length;
}

async function startAndConnect(): Promise<void> {
  call.start();
  await settle();
  connection().channel.open();
  await settle();
}

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
    open("");
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
    call = new Call({ ...AGENT, setup: "unified" }, audio as unknown as HTMLAudioElement);
    browser.mint = () => Promise.resolve(answer("v1"));
    await startAndConnect();
    browser.mint = () => Promise.resolve(answer("v2"));
    call.handOff({ ...GUIDE, setup: "unified" });
    await settle();
    await opened();
    expect(browser.requests.map(({ url }) => url)).toEqual(["/api/calls?agent=assistant", "/api/calls/hangup", "/api/calls?agent=guide"]);
    expect(browser.requests[1]?.body).toBe('{"ticket":"v1.k1.e30.mac"}');
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

describe("a call set up by the server", () => {
  beforeEach(() => {
    audio = new ScriptedAudio();
    call = new Call({ ...AGENT, setup: "unified" }, audio as unknown as HTMLAudioElement);
    changes = [];
    call.on("state", (change) => changes.push(change));
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
    open("");
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
