/**
 * A call, without a page: `Line` holds what is open, this decides when, and tells others by events.
 *
 * The offer is prepared in advance. `dial` (the finger comes down) mints the client secret and connects; `start` (the
 * tap is complete) commits, and only then is the microphone opened; `abandon` (no tap came) takes the dial back.
 */

import type { Agent } from "virtual:agents";
import { next, type CallState, type CallStep } from "./call-state.ts";
import { Emitter } from "./emitter.ts";
import { Line, type LineEvents } from "./line.ts";
import { canUseMicrophone } from "./microphone.ts";
import { Peer } from "./peer.ts";
import { Playback } from "./playback.ts";
import { asProblem, CallProblem, type EndReason } from "./problems.ts";
import { isUsable, mintClientSecret, type ClientSecret } from "./signalling.ts";

export interface StateChange {
  readonly state: CallState;
  readonly problem?: CallProblem;
  readonly reason?: EndReason;
}

export interface CallEvents extends Omit<LineEvents, "over"> {
  readonly state: StateChange;
  readonly muted: boolean;
  /** The browser refuses to play until the person taps once more. */
  readonly blocked: boolean;
}

export class Call extends Emitter<CallEvents> {
  readonly #agent: Agent;
  readonly #playback: Playback;
  readonly #signedIn: Promise<unknown>;
  #state: CallState = "idle";
  #peer: Peer | undefined;
  #line: Line | undefined;
  #dialled: Promise<ClientSecret> | undefined;
  #spareSecret: ClientSecret | undefined;

  /** Nothing is asked of the server before `signedIn` is settled: a link's invite may still be on its way. */
  constructor(agent: Agent, audio: HTMLAudioElement, signedIn: Promise<unknown> = Promise.resolve()) {
    super();
    this.#agent = agent;
    this.#signedIn = signedIn;
    this.#playback = new Playback(audio, (blocked) => this.emit("blocked", blocked));
  }

  /** Makes the offer before anyone asks for a call, or says at once why there can be none. */
  prepare(): void {
    const problem = impossible();
    if (problem !== undefined) this.#step("fail", { problem });
    else this.#preparePeer();
  }

  /** Connects ahead of the tap. Nothing is recorded and nothing is said yet. */
  dial(): void {
    if (impossible() === undefined && this.#step("dial")) this.#dial();
  }

  /** The tap did not come: its client secret serves the next one, until it expires. */
  abandon(): void {
    if (this.#step("abandon")) this.#close();
  }

  /** Call it inside the tap: the microphone and the sound need it. */
  start(): void {
    const problem = impossible();
    if (problem !== undefined) this.#step("fail", { problem });
    else if (this.#step("start")) {
      const line = this.#line ?? this.#dial();
      void this.#playback.play();
      this.#open(line).catch((error: unknown) => this.#fail(line, error));
    }
  }

  end(reason: EndReason = "person"): void {
    const dialled = this.#dialled;
    if (!this.#step("end", { reason })) return;
    this.#close();
    void Promise.allSettled([dialled]).then(() => this.#step("closed", { reason }));
  }

  /** Leaves nothing open, not even what was prepared. */
  release(): void {
    this.abandon();
    this.end("page_closed");
    this.#peer?.close();
    this.#peer = undefined;
  }

  setMuted(muted: boolean): void {
    if (this.#state !== "live") return;
    void this.#line?.setMuted(muted);
    this.emit("muted", muted);
  }

  /** Says typed words, once the call is open; false when they are too long or there is no call. */
  say(words: string): boolean {
    return this.#line?.say(words) ?? false;
  }

  /** For a browser that refused to play: call it inside the next tap. */
  unblock(): void {
    void this.#playback.play();
  }

  #dial(): Line {
    const line = new Line(this.#preparePeer());
    this.#peer = undefined; // an offer is good for one call
    line.on("callId", (callId) => this.emit("callId", callId));
    line.on("client", (event) => this.emit("client", event));
    line.on("server", (event) => this.emit("server", event));
    line.on("unsteady", (unsteady) => this.emit("unsteady", unsteady));
    line.on("over", (reason) => this.#over(reason));
    this.#line = line;
    this.#dialled = this.#connect(line);
    this.#dialled.catch(() => undefined); // `start` tells it; an abandoned dial has nobody to tell
    return line;
  }

  async #connect(line: Line): Promise<ClientSecret> {
    await this.#signedIn;
    line.signal.throwIfAborted();
    const spare = this.#spareSecret;
    const secret = spare && isUsable(spare) ? spare : await mintClientSecret(this.#agent.name, line.signal);
    this.#spareSecret = secret;
    await line.connect(secret);
    return secret;
  }

  async #open(line: Line): Promise<void> {
    const [secret] = await Promise.all([this.#dialled, line.openMicrophone()]);
    this.#spareSecret = undefined;
    if (secret !== undefined && this.#step("open")) line.begin(this.#agent.greeting, secret.maxCallSeconds);
  }

  #over(reason: EndReason): void {
    this.abandon(); // a line that was lost before the tap is dialled again at the tap
    this.end(reason);
  }

  #fail(line: Line, error: unknown): void {
    if (line !== this.#line) return; // ended on purpose: what is aborted by that is no problem
    this.#close();
    this.#spareSecret = undefined; // it may be what was refused
    this.#step("fail", { problem: asProblem(error) });
  }

  #close(): void {
    this.#line?.close();
    this.#line = undefined;
    this.#dialled = undefined;
    this.#preparePeer();
  }

  #preparePeer(): Peer {
    if (this.#peer?.isFresh !== true) {
      this.#peer?.close();
      this.#peer = new Peer();
    }
    this.#playback.attach(this.#peer.voice);
    return this.#peer;
  }

  #step(step: CallStep, because: Omit<StateChange, "state"> = {}): boolean {
    const state = next(this.#state, step);
    if (state === undefined) return false;
    this.#state = state;
    this.emit("state", { state, ...because });
    return true;
  }
}

/** Why no call can be made from this page at all. */
function impossible(): CallProblem | undefined {
  if (!canUseMicrophone()) return new CallProblem("insecure_page");
  return "RTCPeerConnection" in globalThis ? undefined : new CallProblem("browser_unsupported");
}
