/**
 * A call, without a page: `Line` holds one connection; this class decides when there is one, and emits events.
 *
 * The offer is prepared in advance. `dial` (the finger comes down) connects; `start` (the tap is complete) commits, and
 * only then is the microphone opened; `abandon` (no tap came) takes the dial back. A call that is cut is connected
 * again, or handed off to another agent, and the new session gets the conversation so far.
 */

import type { Agent } from "virtual:agents";
import type { CallEvents, StateChange } from "./call-events.ts";
import { isBetweenSessions, isInCall, next, type CallState, type CallStep } from "./call-state.ts";
import { Conversation } from "./conversation.ts";
import { Emitter } from "../protocol/emitter.ts";
import { Line, type SessionStart } from "../connection/line.ts";
import { Microphone } from "../sound/microphone.ts";
import { impossible, Peer } from "../connection/peer.ts";
import { Playback } from "../sound/playback.ts";
import { asProblem, CallProblem, type EndReason } from "../protocol/problems.ts";
import { farewell } from "./prompts.ts";
import { isCut, triesAgain, waitBefore } from "./reconnect.ts";
import { callModeFor, type CallMode, type ConnectedCall } from "../connection/call-mode.ts";
import type { TurnMode } from "../turns/turn-modes.ts";
import { Wait } from "./waiting.ts";

export class Call extends Emitter<CallEvents> {
  readonly microphone = new Microphone();
  readonly playback: Playback;
  readonly #signedIn: Promise<unknown>;
  #agent: Agent;
  #voice = "";
  /** Who has taken the call over. */
  #successor: Agent | undefined;
  /** The successor does not have the conversation yet. */
  #isHandoff = false;
  #mode: CallMode;
  #state: CallState = "idle";
  #peer: Peer | undefined;
  #line: Line | undefined;
  #dialled: Promise<ConnectedCall> | undefined;
  #conversation: Conversation | undefined;
  #turnMode: TurnMode = "hands_free";
  readonly #wait = new Wait();

  /** Nothing is asked of the server before `signedIn` is settled: a link's invite may still be on its way. */
  constructor(agent: Agent, audio: HTMLAudioElement, signedIn: Promise<unknown> = Promise.resolve()) {
    super();
    this.#agent = agent;
    this.#mode = callModeFor({ agent, voice: "" });
    this.#signedIn = signedIn;
    this.playback = new Playback(audio, (blocked) => this.emit("blocked", blocked));
  }

  /** Who is called, or has taken the call over. */
  get agent(): Agent {
    return this.#successor ?? this.#agent;
  }

  /** Who is called from now on, and with which voice ("": the agent's own); not in the middle of a call. */
  choose(agent: Agent, voice: string): void {
    if (isInCall(this.#state) || (agent === this.#agent && voice === this.#voice)) return;
    this.abandon();
    this.#agent = agent;
    this.#voice = voice;
    this.#mode = callModeFor({ agent, voice });
  }

  /** Makes the offer before anyone asks for a call, or says at once why there can be none. */
  prepare(): void {
    const problem = impossible();
    if (problem !== undefined) this.#step("fail", { problem });
    else this.#preparePeer();
  }

  /** Fetches ahead what the tap would wait for: a client secret, which costs nothing and hides a function's cold start. */
  warm(): void {
    if (!isInCall(this.#state)) void this.#mode.warm();
  }

  /** Connects ahead of the tap. Nothing is recorded and nothing is said yet. */
  dial(): void {
    if (impossible() === undefined && this.#step("dial")) void this.#connect(this.#newLine());
  }

  /** The tap did not come. */
  abandon(): void {
    if (this.#step("abandon")) this.#close();
  }

  /** Call it inside the tap: the microphone and the sound need it. */
  start(): void {
    const problem = impossible();
    if (problem !== undefined) this.#step("fail", { problem });
    else if (this.#step("start")) {
      const line = this.#line ?? this.#newLine();
      void this.playback.play();
      this.#open(line, this.#dialled ?? this.#connect(line)).catch((error: unknown) => this.#fail(line, error));
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
    if (this.#state !== "live" && !isBetweenSessions(this.#state)) return;
    this.microphone.setMuted(muted);
    this.emit("muted", muted);
  }

  /** Says typed words, once the call is open; false when they are too long or there is no call. */
  say(words: string): boolean {
    this.#conversation?.touch();
    this.emit("saying", words);
    return this.#line?.say(words) ?? false;
  }

  /** The open line, for callers that send more than words. */
  get line(): Line | undefined {
    return this.#state === "live" ? this.#line : undefined;
  }

  setTurnMode(mode: TurnMode): void {
    this.#turnMode = mode;
    void this.microphone.setHeldBack(mode === "push_to_talk");
    this.#line?.take(mode);
  }

  /** Lets another agent continue the call, in a new session. The next call begins with the chosen agent again. */
  handOff(agent: Agent): void {
    if (!this.#step("hand_off")) return;
    this.#line?.close();
    this.emit("unsteady", false);
    this.#successor = agent;
    this.#isHandoff = true;
    this.#mode = callModeFor({ agent, voice: this.#voice });
    void this.#takeOver();
  }

  /** For a browser that refused to play: call it inside the next tap. */
  unblock(): void {
    void this.playback.play();
  }

  /** Tries again now instead of waiting. */
  reconnectNow(): void {
    this.#wait.hurry();
  }

  #newLine(): Line {
    const line = new Line(this.#preparePeer());
    this.#peer = undefined; // an offer is good for one connection
    for (const name of ["callId", "client", "server", "unsteady", "settled", "minutesLeft"] as const) line.on(name, (value) => this.emit(name, value));
    for (const side of ["client", "server"] as const) line.on(side, (event) => this.#conversation?.hear(event));
    line.on("over", (reason) => line === this.#line && this.#over(reason));
    void this.microphone.connect((track) => line.sendTrack(track));
    this.#line = line;
    return line;
  }

  #connect(line: Line): Promise<ConnectedCall> {
    this.#dialled = this.#signedIn.then(() => line.connect(this.#mode));
    this.#dialled.catch(() => undefined); // `start` reports it; the error of an abandoned dial interests nobody
    return this.#dialled;
  }

  async #open(line: Line, dialled: Promise<ConnectedCall>): Promise<void> {
    const [{ maxCallSeconds }] = await Promise.all([dialled, this.microphone.open(line.signal)]);
    if (next(this.#state, "open") === undefined) return;
    const conversation = new Conversation(maxCallSeconds, this.microphone);
    conversation.on("secondsLeft", (seconds) => this.emit("secondsLeft", seconds));
    conversation.on("goodbye", (seconds) => this.#line?.prompt(farewell(seconds)));
    conversation.on("over", (reason) => this.end(reason));
    this.#conversation = conversation;
    this.#begin(line, { history: [], greeting: this.#agent.greeting, isUnanswered: false });
    this.#step("open"); // after what the first sound waits for: to show a state takes time
    conversation.start();
  }

  #begin(line: Line, start: SessionStart): void {
    this.#mode.forget();
    this.#isHandoff = false;
    this.emit("voice", line.voice);
    line.begin(this.#turnMode, start);
  }

  #over(reason: EndReason): void {
    this.abandon(); // a line that was lost before the tap is dialled again at the tap
    if (isCut(reason) && this.#step("lose")) {
      this.emit("unsteady", false); // it is no weak connection any more
      void this.#recover();
    } else this.end(this.#conversation?.reasonFor(reason) ?? reason);
  }

  /** Connects the successor. If that fails, the call continues as after a cut. */
  async #takeOver(): Promise<void> {
    const problem = await this.#reconnect();
    if (problem === undefined || this.#state !== "handing_off") return;
    if (triesAgain(problem.code, 1) && this.#step("lose")) void this.#recover();
    else this.#fail(this.#line, problem);
  }

  /** Reconnects until it works or must stop. After the network is back, the waits are short again. */
  async #recover(): Promise<void> {
    for (let attempt = 1, waits = 1; ; attempt += 1, waits = this.#wait.isNetworkBack ? 1 : waits + 1) {
      this.#line?.close();
      const tick = (secondsToWait: number) => this.emit("reconnecting", { attempt, secondsToWait });
      if (!(await this.#wait.until(waitBefore(waits, Math.random()), tick))) return;
      tick(0);
      const problem = await this.#reconnect();
      if (problem === undefined) return;
      if (triesAgain(problem.code, attempt)) continue;
      this.#fail(this.#line, problem);
      return;
    }
  }

  /** One attempt. Resolves with the problem, or with undefined if it worked or the call was ended meanwhile. */
  async #reconnect(): Promise<CallProblem | undefined> {
    const lost = this.#line;
    const line = this.#newLine();
    if (lost !== undefined) line.inherit(lost);
    this.#mode.forget();
    const opened = await this.#connect(line).catch(asProblem);
    if (opened instanceof CallProblem) return line === this.#line ? opened : undefined;
    const conversation = this.#conversation;
    if (conversation === undefined || !this.#step("recover")) return undefined;
    this.#begin(line, conversation.sessionStart(this.#isHandoff));
    conversation.endWithin(opened.maxCallSeconds);
    return undefined;
  }

  #fail(line: Line | undefined, error: unknown): void {
    if (line !== this.#line) return; // ended on purpose: what is aborted by that is no problem
    this.#close();
    this.#mode.forget(); // it may be what was refused
    this.#step("fail", { problem: asProblem(error) });
  }

  #close(): void {
    this.#wait.cancel();
    this.#line?.close();
    this.playback.stop();
    this.microphone.stop();
    this.#conversation?.stop();
    this.#line = this.#dialled = this.#conversation = undefined;
    if (this.#successor !== undefined) this.#mode = callModeFor({ agent: this.#agent, voice: this.#voice });
    this.#successor = undefined;
    this.emit("secondsLeft", undefined);
    this.emit("voice", undefined);
    this.#preparePeer();
  }

  #preparePeer(): Peer {
    if (this.#peer?.isFresh !== true) {
      this.#peer?.close();
      this.#peer = new Peer();
    }
    this.playback.attach(this.#peer.voice);
    return this.#peer;
  }

  #step(step: CallStep, because: Omit<StateChange, "state"> = {}): boolean {
    const state = next(this.#state, step);
    if (state === undefined) return false;
    this.#state = state;
    if (state !== "reconnecting") this.emit("reconnecting", undefined);
    this.emit("state", { state, ...because });
    return true;
  }
}
