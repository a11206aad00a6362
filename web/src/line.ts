/** Everything one call has open, and the only place that closes it: peer connection, microphone, limits. */

import { CallLimits } from "./call-limits.ts";
import { Emitter } from "./emitter.ts";
import { clientEvents, fields, type RealtimeEvent } from "./events.ts";
import { Microphone, openMicrophone } from "./microphone.ts";
import type { Peer } from "./peer.ts";
import type { EndReason } from "./problems.ts";
import { postOffer, type ClientSecret } from "./signalling.ts";
import { Turns } from "./turns.ts";

export interface LineEvents {
  readonly callId: string;
  readonly client: RealtimeEvent;
  readonly server: RealtimeEvent;
  readonly unsteady: boolean;
  /** The call cannot or shall not go on. */
  readonly over: EndReason;
}

export class Line extends Emitter<LineEvents> {
  readonly #peer: Peer;
  readonly #closing = new AbortController();
  readonly #turns = new Turns((event) => this.#send(event));
  readonly #waiting: RealtimeEvent[] = [];
  #isOpen = false;
  #microphone: Microphone | undefined;
  #limits: CallLimits | undefined;

  constructor(peer: Peer) {
    super();
    this.#peer = peer;
    peer.on("event", (event) => this.#hear(event));
    peer.on("unsteady", (unsteady) => this.emit("unsteady", unsteady));
    peer.on("lost", (reason) => this.emit("over", reason));
  }

  /** Aborted when the call is over: whatever sets it up listens to this. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Connects without the microphone; resolves when events can be sent. */
  async connect(secret: ClientSecret): Promise<void> {
    const answer = await postOffer(secret, await this.#peer.offer, this.signal);
    this.emit("callId", answer.callId);
    await this.#peer.accept(answer.sdp);
    await this.#peer.opened();
  }

  async openMicrophone(): Promise<void> {
    const track = await openMicrophone(this.signal);
    const send = (sent: MediaStreamTrack | null) => this.#peer.sendTrack(sent);
    this.#microphone = new Microphone(track, send, () => this.emit("over", "microphone_lost"));
    await this.#microphone.setMuted(false);
  }

  /** Both are there: the conversation begins with what was typed meanwhile, or with the greeting. */
  begin(greeting: string, maxCallSeconds: number): void {
    this.#isOpen = true;
    this.#limits = new CallLimits(maxCallSeconds, (reason) => this.emit("over", reason));
    const typed = this.#waiting.splice(0);
    for (const event of typed) this.#say(event);
    if (typed.length > 0 || greeting === "") return;
    this.#send(clientEvents.systemMessage(greeting));
    this.#turns.ask();
  }

  /** Says typed words, when the call is open; false when they are too long for the data channel. */
  say(words: string): boolean {
    const event = clientEvents.userMessage(words);
    if (new TextEncoder().encode(JSON.stringify(event)).length > this.#peer.eventBytes) return false;
    if (this.#isOpen) this.#say(event);
    else this.#waiting.push(event);
    return true;
  }

  async setMuted(muted: boolean): Promise<void> {
    await this.#microphone?.setMuted(muted);
  }

  close(): void {
    this.#closing.abort();
    this.#limits?.stop();
    this.#microphone?.stop();
    this.#peer.close();
  }

  #say(message: RealtimeEvent): void {
    this.#turns.interrupt();
    this.#send(message);
    this.#turns.ask();
    this.#limits?.touch();
  }

  #send(event: RealtimeEvent): void {
    this.#peer.send(event);
    this.emit("client", event);
  }

  #hear(event: RealtimeEvent): void {
    this.emit("server", event);
    this.#turns.hear(event);
    this.#limits?.touch();
    if (event.type === "error" && fields(event.error).code === "session_expired") this.emit("over", "session_expired");
  }
}
