/** One connection of a call: what it has open, and the only place that closes it. A call that was cut takes another. */

import { Emitter } from "../protocol/emitter.ts";
import { clientEvents, fields, type RealtimeEvent } from "../protocol/events.ts";
import { Leash } from "./leash.ts";
import type { Opened, Setup } from "./setup.ts";
import type { Peer } from "./peer.ts";
import type { EndReason } from "../protocol/problems.ts";
import { TurnTaking, type TurnMode } from "../turns/turn-modes.ts";
import { Turns } from "../turns/turns.ts";

export interface LineEvents {
  readonly callId: string;
  /** Of the person's month, as the server told; undefined where it tells none. */
  readonly minutesLeft: number | undefined;
  readonly client: RealtimeEvent;
  readonly server: RealtimeEvent;
  readonly unsteady: boolean;
  /** Once: the first sound is out, or nobody spoke first. What must not be on the way to it begins now. */
  readonly settled: undefined;
  /** This connection cannot or shall not go on. */
  readonly over: EndReason;
}

const HEARD_MS = 500; // from the server's word that it speaks to the loudspeaker
const QUIET_MS = 5_000;

/** What a line begins with: the conversation so far, then the greeting, unless something was typed meanwhile. */
export interface Opening {
  readonly history: readonly RealtimeEvent[];
  readonly greeting: string;
  /** The person spoke last and was not answered. */
  readonly isUnanswered: boolean;
}

export class Line extends Emitter<LineEvents> {
  readonly #peer: Peer;
  readonly #closing = new AbortController();
  readonly #turns = new Turns((event) => this.#send(event));
  readonly #taking = new TurnTaking((event) => this.#send(event), () => this.#turns.ask());
  readonly #waiting: RealtimeEvent[] = [];
  #isOpen = false;
  #leash: Leash | undefined;
  #settling: ReturnType<typeof setTimeout> | undefined;
  #isSettled = false;

  constructor(peer: Peer) {
    super();
    this.#peer = peer;
    peer.on("event", (event) => this.#hear(event));
    peer.on("unsteady", (unsteady) => this.emit("unsteady", unsteady));
    peer.on("lost", (reason) => this.emit("over", reason));
  }

  /** Aborted when the line is closed: whatever sets it up listens to this. */
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
  async connect(setup: Setup): Promise<Opened> {
    this.signal.throwIfAborted();
    const opened = await setup.open(this.#peer.offer, this.signal);
    const accepted = this.#peer.accept(opened.sdp);
    this.#leash = new Leash(setup.agent, opened.callId, opened.ticket);
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

  begin(mode: TurnMode, { history, greeting, isUnanswered }: Opening): void {
    this.#isOpen = true;
    this.#taking.take(mode);
    for (const event of history) this.#send(event);
    const typed = this.#waiting.splice(0);
    for (const event of typed) this.#sendOrKeep(event);
    const isGreeted = typed.length === 0 && greeting !== "";
    if (isGreeted) this.#send(clientEvents.systemMessage(greeting));
    if (isGreeted || typed.length > 0 || isUnanswered) this.#turns.ask();
    this.#settleIn(QUIET_MS);
  }

  /** Says typed words once the line is open, false when they are too long. */
  say(words: string): boolean {
    const event = clientEvents.userMessage(words);
    if (!this.#fits(event)) return false;
    if (!this.#isOpen) this.#waiting.push(event);
    else {
      this.#turns.interrupt();
      this.#sendOrKeep(event);
      this.#turns.ask();
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
    this.#turns.ask(event);
    return true;
  }

  take(mode: TurnMode): void {
    if (this.#isOpen) this.#taking.take(mode);
  }

  /** Asks for an answer to what was said: now, or when the sentence that is being said is complete. */
  answer(): void {
    if (this.#isOpen) this.#taking.answer();
  }

  /** Push-to-talk: what was said is complete, and is answered if it was anything. */
  finishTurn(): void {
    if (this.#isOpen) this.#taking.finish();
  }

  /** Tells the model something and has it speak. */
  prompt(words: string): void {
    if (!this.#isOpen) return;
    this.#send(clientEvents.systemMessage(words));
    this.#turns.ask();
  }

  interrupt(): void {
    if (this.#isOpen) this.#turns.interrupt();
  }

  close(): void {
    this.#isOpen = false;
    clearTimeout(this.#settling);
    this.#turns.close();
    this.#taking.close();
    this.#closing.abort();
    this.#peer.close();
    this.#leash?.hangUp();
  }

  #fits(event: RealtimeEvent): boolean {
    return new TextEncoder().encode(JSON.stringify(event)).length <= this.#peer.eventBytes;
  }

  #send(event: RealtimeEvent): boolean {
    const isSent = this.#peer.send(event);
    if (isSent) this.emit("client", event);
    return isSent;
  }

  /** What the person wrote is not lost with a line that breaks just then: the next one takes it over. */
  #sendOrKeep(event: RealtimeEvent): void {
    if (!this.#send(event)) this.#waiting.push(event);
  }

  #hear(event: RealtimeEvent): void {
    this.emit("server", event);
    this.#turns.hear(event);
    this.#taking.hear(event);
    if (event.type === "output_audio_buffer.started") this.#settleIn(HEARD_MS);
    if (event.type === "error" && fields(event.error).code === "session_expired") this.emit("over", "session_expired");
  }

  /** The call is known to the server before its log arrives there. */
  async #settle(): Promise<void> {
    await this.#leash?.register();
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
