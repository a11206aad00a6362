/** What a call needs of a browser, in a process that has none: scripted, and it remembers what was done to it. */

import { vi } from "vitest";

export class ScriptedChannel extends EventTarget {
  readyState = "connecting";
  readonly sent: { type: string }[] = [];

  send(message: string): void {
    if (this.readyState !== "open") throw new DOMException("RTCDataChannel.readyState is not 'open'", "InvalidStateError");
    this.sent.push(JSON.parse(message) as { type: string });
  }

  open(): void {
    this.readyState = "open";
    this.dispatchEvent(new Event("open"));
  }

  receive(event: object): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(event) }));
  }

  close(): void {
    this.readyState = "closed";
  }

  /** The other side closes. */
  hangUp(): void {
    this.close();
    this.dispatchEvent(new Event("close"));
  }
}

export class ScriptedPeerConnection extends EventTarget {
  static readonly all: ScriptedPeerConnection[] = [];
  readonly channel = new ScriptedChannel();
  readonly sctp = { maxMessageSize: 65_536 };
  readonly tracksSent: unknown[] = [];
  readonly localDescription = { sdp: "v=0 offer" };
  connectionState = "new";
  signalingState = "stable";
  remoteDescription: RTCSessionDescriptionInit | undefined;

  constructor() {
    super();
    ScriptedPeerConnection.all.push(this);
  }

  addTransceiver() {
    const replaceTrack = (track: unknown) => Promise.resolve(void this.tracksSent.push(track));
    return { sender: { replaceTrack }, receiver: { track: {} } };
  }

  createDataChannel(): ScriptedChannel {
    return this.channel;
  }

  setLocalDescription(): Promise<void> {
    return Promise.resolve();
  }

  setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    this.remoteDescription = description;
    return Promise.resolve();
  }

  become(state: string): void {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }

  close(): void {
    this.signalingState = "closed";
  }
}

export class ScriptedTrack extends EventTarget {
  enabled = true;
  muted = false;
  readyState = "live";
  readonly #deviceId: string;

  constructor(deviceId = "built-in") {
    super();
    this.#deviceId = deviceId;
  }

  getSettings() {
    return { deviceId: this.#deviceId };
  }

  stop(): void {
    this.readyState = "ended";
  }
}

export class ScriptedAudio extends EventTarget {
  paused = false;
  sinkId = "";
  srcObject: unknown = null;
  setSinkId = vi.fn(() => Promise.resolve());
  play = vi.fn(() => Promise.resolve());
}

/** Puts all of it in the place of the browser's own; the answers can be replaced per test. */
export function installBrowser() {
  ScriptedPeerConnection.all.length = 0;
  const track = new ScriptedTrack();
  const browser = {
    track,
    devices: [] as { kind: string; deviceId: string; label: string }[],
    requests: [] as { url: string; body: string; authorization: string | null }[],
    mint: (): Promise<Response> => Promise.resolve(mintAnswer()),
    answerOffer: (): Promise<Response> =>
      Promise.resolve(new Response("v=0 answer", { status: 201, headers: { location: "/v1/realtime/calls/rtc_1" } })),
    getUserMedia: vi.fn<(constraints: unknown) => Promise<unknown>>(() => Promise.resolve({ getAudioTracks: () => [track] })),
  };
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("RTCPeerConnection", ScriptedPeerConnection);
  vi.stubGlobal("MediaStream", EventTarget);
  installSound();
  const page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("dispatchEvent", page.dispatchEvent.bind(page));
  vi.stubGlobal("document", Object.assign(new EventTarget(), { visibilityState: "visible" }));
  const mediaDevices = Object.assign(new EventTarget(), {
    getUserMedia: (constraints: unknown) => browser.getUserMedia(constraints),
    enumerateDevices: () => Promise.resolve(browser.devices),
  });
  vi.stubGlobal("navigator", { onLine: true, mediaDevices });
  vi.stubGlobal("fetch", async (url: string, options: RequestInit) => {
    const authorization = new Headers(options.headers).get("authorization");
    browser.requests.push({ url, body: options.body as string, authorization });
    const answer = url.startsWith("/api/") ? browser.mint() : browser.answerOffer();
    const { signal } = options;
    const aborted = new Promise<never>((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason as Error));
    });
    return Promise.race([answer, aborted]);
  });
  return browser;
}

export function mintAnswer(changes: Record<string, unknown> = {}): Response {
  const secret = { value: "ek_0123456789", expires_at: Date.now() / 1000 + 60, model: "gpt-realtime-2.1" };
  return Response.json({ ...secret, calls_url: "https://openai.example/v1/realtime/calls", max_call_seconds: 1800, ...changes });
}

/** One that plays nothing: its state is the browser's word, which lets sound pass or holds it back. */
export class ScriptedAudioContext extends EventTarget {
  static newest: ScriptedAudioContext;
  static holdsBack: boolean;
  static refusesStreams: boolean;
  /** What each look into a stream finds. */
  static sample: number;
  state = "suspended";

  constructor() {
    super();
    ScriptedAudioContext.newest = this;
    if (!ScriptedAudioContext.holdsBack) this.state = "running";
  }

  static reset(): void {
    Object.assign(ScriptedAudioContext, { holdsBack: false, refusesStreams: false, sample: 0 });
  }

  createMediaStreamSource() {
    if (ScriptedAudioContext.refusesStreams) throw new DOMException("The operation is insecure.", "SecurityError");
    return scriptedNode();
  }

  createChannelMerger() {
    return scriptedNode();
  }

  createMediaStreamDestination() {
    return { ...scriptedNode(), stream: {} };
  }

  resume(): Promise<void> {
    if (!ScriptedAudioContext.holdsBack) this.become("running");
    return Promise.resolve();
  }

  suspend(): Promise<void> {
    this.become("suspended");
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.become("closed");
    return Promise.resolve();
  }

  become(state: string): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}

function scriptedNode() {
  return { connect: () => undefined, disconnect: () => undefined };
}

class ScriptedAnalyser {
  getFloatTimeDomainData(samples: Float32Array): void {
    samples.fill(ScriptedAudioContext.sample);
  }
}

export class ScriptedMediaRecorder extends EventTarget {
  static newest: ScriptedMediaRecorder | undefined;
  readonly mimeType = "audio/webm;codecs=opus";
  state = "inactive";

  constructor() {
    super();
    ScriptedMediaRecorder.newest = this;
  }

  static isTypeSupported(): boolean {
    return true;
  }

  start(): void {
    this.state = "recording";
  }

  stop(): void {
    this.state = "inactive";
    this.dispatchEvent(Object.assign(new Event("dataavailable"), { data: new Blob(["sound"]) }));
    this.dispatchEvent(new Event("stop"));
  }
}

/** What measures and records sound. */
function installSound(): void {
  ScriptedAudioContext.reset();
  ScriptedMediaRecorder.newest = undefined;
  vi.stubGlobal("AudioContext", ScriptedAudioContext);
  vi.stubGlobal("AnalyserNode", ScriptedAnalyser);
  vi.stubGlobal("MediaRecorder", ScriptedMediaRecorder);
}
