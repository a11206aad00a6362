/** One peer connection: an offer made in advance, a data channel, one audio sender. Closed once, never reused. */

import { elapsed } from "../device/clock.ts";
import { Emitter } from "../protocol/emitter.ts";
import { DATA_CHANNEL_BYTES, parseEvent, type RealtimeEvent } from "../protocol/events.ts";
import { canUseMicrophone } from "../sound/capture.ts";
import { CallProblem } from "../protocol/problems.ts";

const OPEN_MS = 15_000;
const GRACE_MS = 5_000; // a short gap heals by itself; after this a new connection is quicker
const FRESH_MS = 60_000; // an older offer may carry addresses of a network this device has left

export interface PeerEvents {
  readonly event: RealtimeEvent;
  /** The connection has gaps (true) or is whole again (false). */
  readonly unsteady: boolean;
  /** Nothing comes any more: the other side hung up, or the network took it. */
  readonly lost: "hung_up" | "dropped";
}

export class Peer extends Emitter<PeerEvents> {
  /** The agent's voice; known before the call, so that the tap itself may start playing it. */
  readonly voice: MediaStream;
  readonly offer: Promise<string>;
  readonly #preparedAt = elapsed();
  readonly #closing = new AbortController();
  readonly #connection: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  readonly #sender: RTCRtpSender;
  #isUnsteady = false;
  #grace: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    // No STUN and no waiting for candidates: OpenAI answers with public host candidates and learns ours from the
    // first packet, so both would only cost time.
    this.#connection = new RTCPeerConnection();
    const { sender, receiver } = this.#connection.addTransceiver("audio", { direction: "sendrecv" });
    this.#sender = sender;
    this.voice = new MediaStream([receiver.track]);
    this.#channel = this.#connection.createDataChannel("oai-events");
    this.#listen();
    this.offer = this.#makeOffer();
    this.offer.catch(() => undefined); // whoever awaits the offer gets the error
  }

  get isFresh(): boolean {
    return this.#connection.signalingState !== "closed" && elapsed() - this.#preparedAt < FRESH_MS;
  }

  async accept(answer: string): Promise<void> {
    try {
      await this.#connection.setRemoteDescription({ type: "answer", sdp: answer });
    } catch (error) {
      this.#closing.signal.throwIfAborted();
      throw new CallProblem("openai_unclear", String(error));
    }
  }

  /** Resolves when events can be sent. */
  opened(): Promise<void> {
    const { signal } = this.#closing;
    const ready = new AbortController();
    return new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new CallProblem("timed_out")), OPEN_MS);
      const end = { signal: ready.signal };
      ready.signal.addEventListener("abort", () => clearTimeout(timer));
      if (this.#channel.readyState === "open") resolve();
      this.#channel.addEventListener("open", () => resolve(), end);
      this.#connection.addEventListener("connectionstatechange", () => this.#failed() && reject(new CallProblem("openai_unreachable")), end);
      signal.addEventListener("abort", () => reject(signal.reason as Error), end);
    }).finally(() => ready.abort());
  }

  /** The largest event, in bytes of UTF-8, that the channel takes. */
  get eventBytes(): number {
    return Math.min(DATA_CHANNEL_BYTES, this.#connection.sctp?.maxMessageSize ?? DATA_CHANNEL_BYTES);
  }

  /** False if the channel no longer sends: it closes some moments before its close event. */
  send(event: RealtimeEvent): boolean {
    if (this.#channel.readyState !== "open") return false;
    this.#channel.send(JSON.stringify(event));
    return true;
  }

  /** Sends this track from now on; null sends nothing at all. */
  async sendTrack(track: MediaStreamTrack | null): Promise<void> {
    if (!this.#closing.signal.aborted) await this.#sender.replaceTrack(track);
  }

  stats(): Promise<RTCStatsReport> {
    return this.#connection.getStats();
  }

  close(): void {
    clearTimeout(this.#grace);
    this.#closing.abort();
    this.#channel.close();
    this.#connection.close();
  }

  #listen(): void {
    const untilClosed = { signal: this.#closing.signal };
    this.#channel.addEventListener("message", ({ data }) => this.#receive(data), untilClosed);
    this.#channel.addEventListener("close", () => this.emit("lost", "hung_up"), untilClosed);
    this.#connection.addEventListener(
      "connectionstatechange",
      () => {
        if (this.#failed()) this.emit("lost", "dropped");
        else this.#noteUnsteady(this.#connection.connectionState === "disconnected");
      },
      untilClosed,
    );
  }

  #failed(): boolean {
    return this.#connection.connectionState === "failed" || this.#connection.connectionState === "closed";
  }

  #noteUnsteady(unsteady: boolean): void {
    if (unsteady === this.#isUnsteady) return;
    this.#isUnsteady = unsteady;
    clearTimeout(this.#grace);
    if (unsteady) this.#grace = setTimeout(() => this.emit("lost", "dropped"), GRACE_MS);
    this.emit("unsteady", unsteady);
  }

  #receive(message: unknown): void {
    const event = parseEvent(message);
    if (event !== undefined) this.emit("event", event);
  }

  async #makeOffer(): Promise<string> {
    await this.#connection.setLocalDescription();
    return this.#connection.localDescription?.sdp ?? "";
  }
}

/** Why no call can be made from this page at all. */
export function impossible(): CallProblem | undefined {
  if (!canUseMicrophone()) return new CallProblem("insecure_page");
  return "RTCPeerConnection" in globalThis ? undefined : new CallProblem("browser_unsupported");
}
