/** One connection of a call: all that it has open, and the only place that closes it. A call that was cut gets a new line. */

import { Emitter } from "../protocol/emitter.ts";
import { clientEvents, fields, type RealtimeEvent } from "../protocol/events.ts";
import { CallTicket } from "./call-ticket.ts";
import type { CallMode, ConnectedCall } from "./call-mode.ts";
import type { Peer } from "./peer.ts";
import type { EndReason } from "../protocol/problems.ts";
import { TurnDetection, type TurnMode } from "../turns/turn-modes.ts";
import { ResponseQueue } from "../turns/response-queue.ts";

export interface LineEvents {
  readonly callId: string;
  /** Of the person's month; undefined if the server does not say. */
  readonly minutesLeft: number | undefined;
  readonly client: RealtimeEvent;
  readonly server: RealtimeEvent;
  readonly unsteady: boolean;
  /** Emitted once: the first sound was heard, or nobody spoke first. Work that would delay the first sound begins now. */
  readonly settled: undefined;
  /** This connection has ended, or must end. */
  readonly over: EndReason;
}

const HEARD_MS = 500; // from the server's event that sound began to the loudspeaker
const QUIET_MS = 5_000;

/** What a session starts with: the conversation so far, then the greeting, unless something was typed meanwhile. */
export interface SessionStart {
  readonly history: readonly RealtimeEvent[];
  readonly greeting: string;
  /** The person spoke last and was not answered. */
  readonly isUnanswered: boolean;
}

export class Line extends Emitter<LineEvents> {
  readonly #peer: Peer;
  readonly #closing = new AbortController();
  readonly #responses = new ResponseQueue((event) => this.#send(event));
  readonly #detection = new TurnDetection((event) => this.#send(event), () => this.#responses.ask());
  readonly #waiting: RealtimeEvent[] = [];
  #isOpen = false;
  #ticket: CallTicket | undefined;
  #settling: ReturnType<typeof setTimeout> | undefined;
  #isSettled = false;

  constructor(peer: Peer) {
    super();
    this.#peer = peer;
    peer.on("event", (event) => this.#hear(event));
    peer.on("unsteady", (unsteady) => this.emit("unsteady", unsteady));
    peer.on("lost", (reason) => this.emit("over", reason));
  }

  /** Aborted when the line is closed. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The agent's voice. */
  get voice(): MediaStream {
    return this.#peer.voice;
  }

  stats(): Promise<RTCStatsReport> {
    return this.#peer.stats();
  }

  /** Connects without the microphone; resolves when events can be sent. */
  async connect(mode: CallMode): Promise<ConnectedCall> {
    this.signal.throwIfAborted();
    const opened = await mode.open(this.#peer.offer, this.signal);
    const accepted = this.#peer.accept(opened.sdp);
    this.#ticket = new CallTicket(mode.agent, opened.callId, opened.ticket);
    this.emit("callId", opened.callId);
    this.emit("minutesLeft", opened.minutesLeft);
    await accepted;
    await this.#peer.opened();
    return opened;
  }

  /** Sends this track from now on; null sends nothing at all. */
  sendTrack(track: MediaStreamTrack | null): Promise<void> {
    return this.#peer.sendTrack(track);
  }

  begin(mode: TurnMode, { history, greeting, isUnanswered }: SessionStart): void {
    this.#isOpen = true;
    this.#detection.take(mode);
    for (const event of history) this.#send(event);
    const typed = this.#waiting.splice(0);
    for (const event of typed) this.#sendOrKeep(event);
    const isGreeted = typed.length === 0 && greeting !== "";
    if (isGreeted) this.#send(clientEvents.systemMessage(greeting));
    if (isGreeted || typed.length > 0 || isUnanswered) this.#responses.ask();
    this.#settleIn(QUIET_MS);
  }

  /** Says typed words once the line is open, false when they are too long. */
  say(words: string): boolean {
    const event = clientEvents.userMessage(words);
    if (!this.#fits(event)) return false;
    if (!this.#isOpen) this.#waiting.push(event);
    else {
      this.#responses.interrupt();
      this.#sendOrKeep(event);
      this.#responses.ask();
    }
    return true;
  }

  /** Takes over what was typed and not said yet. */
  inherit(other: Line): void {
    this.#waiting.push(...other.#waiting.splice(0));
  }

  /** Sends an event as it is; false when the line is not open or the event is too large. */
  sendEvent(event: RealtimeEvent): boolean {
    if (!this.#isOpen || !this.#fits(event)) return false;
    if (event.type !== "response.create") return this.#send(event);
    this.#responses.ask(event);
    return true;
  }

  take(mode: TurnMode): void {
    if (this.#isOpen) this.#detection.take(mode);
  }

  /** Asks for an answer to what was said: now, or when the sentence that is being said is complete. */
  answer(): void {
    if (this.#isOpen) this.#detection.answer();
  }

  /** Push-to-talk: what was said is complete, and is answered if it was anything. */
  finishTurn(): void {
    if (this.#isOpen) this.#detection.finish();
  }

  /** Tells the model something and has it speak. */
  prompt(words: string): void {
    if (!this.#isOpen) return;
    this.#send(clientEvents.systemMessage(words));
    this.#responses.ask();
  }

  interrupt(): void {
    if (this.#isOpen) this.#responses.interrupt();
  }

  close(): void {
    this.#isOpen = false;
    clearTimeout(this.#settling);
    this.#responses.close();
    this.#detection.close();
    this.#closing.abort();
    this.#peer.close();
    this.#ticket?.hangUp();
  }

  #fits(event: RealtimeEvent): boolean {
    return new TextEncoder().encode(JSON.stringify(event)).length <= this.#peer.eventBytes;
  }

  #send(event: RealtimeEvent): boolean {
    const isSent = this.#peer.send(event);
    if (isSent) this.emit("client", event);
    return isSent;
  }

  /** If the line breaks just now, the next line sends what the person wrote. */
  #sendOrKeep(event: RealtimeEvent): void {
    if (!this.#send(event)) this.#waiting.push(event);
  }

  #hear(event: RealtimeEvent): void {
    this.emit("server", event);
    this.#responses.hear(event);
    this.#detection.hear(event);
    if (event.type === "output_audio_buffer.started") this.#settleIn(HEARD_MS);
    if (event.type === "error" && fields(event.error).code === "session_expired") this.emit("over", "session_expired");
  }

  /** The server must know the call before its log arrives. */
  async #settle(): Promise<void> {
    await this.#ticket?.register();
    this.emit("settled", undefined);
  }

  #settleIn(milliseconds: number): void {
    if (!this.#isOpen || this.#isSettled) return;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#isSettled = true;
      void this.#settle();
    }, milliseconds);
  }
}
