import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Call, type StateChange } from "../src/call.ts";
import { installBrowser, mintAnswer, ScriptedAudio, ScriptedPeerConnection } from "./standins/browser.ts";

const AGENT = {
  name: "assistant",
  label: "Assistant",
  greeting: "Greet the person.",
  model: "gpt-realtime-2.1",
  voice: "marin",
  setup: "client-secret" as const,
  max_call_minutes: 30,
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
    const getUserMedia = vi.spyOn(browser, "getUserMedia");
    call.start();
    expect(getUserMedia).toHaveBeenCalledOnce();
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
    ["the network is gone", "dropped", () => connection().become("failed")],
    ["the session is over", "session_expired", () => connection().channel.receive({ type: "error", error: { code: "session_expired" } })],
    ["the microphone is unplugged", "microphone_lost", () => browser.track.dispatchEvent(new Event("ended"))],
    ["its time is over", "time_limit", () => vi.advanceTimersByTime(60_000)],
  ])("ends when %s", async (_, reason, happen) => {
    browser.mint = () => Promise.resolve(mintAnswer({ max_call_seconds: 60 }));
    await startAndConnect();
    happen();
    await settle();
    expect(changes.at(-1)).toEqual({ state: "ended", reason });
    expect(browser.track.readyState).toBe("ended");
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

describe("a call that cannot be made", () => {
  test.each([
    ["microphone_denied", () => (browser.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError")))],
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
    const getUserMedia = vi.spyOn(browser, "getUserMedia");
    call.dial();
    await settle();
    expect(browser.requests).toHaveLength(2);
    expect(getUserMedia).not.toHaveBeenCalled();
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
