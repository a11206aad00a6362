/** What survives a cut and a handoff: the history, the time that is left, and whether the microphone works. */

import { after } from "../device/clock.ts";
import { CallLimits, type LimitEvents } from "./call-limits.ts";
import { cutOff } from "../readings/captions.ts";
import { Emitter } from "../protocol/emitter.ts";
import type { RealtimeEvent } from "../protocol/events.ts";
import { isUnanswered, noHistory, remember, retell } from "./history.ts";
import type { SessionStart } from "../connection/line.ts";
import type { Microphone, MicrophoneState } from "../sound/microphone.ts";
import { handoff, interruption } from "./prompts.ts";
import type { EndReason } from "../protocol/problems.ts";

const LOST_MICROPHONE_MS = 60_000; // there may be another one to plug in

export class Conversation extends Emitter<LimitEvents> {
  readonly #limits: CallLimits;
  #history = noHistory;
  readonly #microphone: Microphone;
  readonly #ignoreMicrophone: () => void;
  #stopLost: (() => void) | undefined;
  #isOver = false;

  constructor(maxCallSeconds: number, microphone: Microphone) {
    super();
    this.#microphone = microphone;
    this.#ignoreMicrophone = microphone.on("state", (state) => this.#noteMicrophone(state));
    this.#noteMicrophone(microphone.state);
    this.#limits = new CallLimits(maxCallSeconds);
    for (const name of ["over", "secondsLeft", "goodbye"] as const) {
      this.#limits.on(name, (value) => this.emit(name, value));
    }
  }

  start(): void {
    this.#limits.start();
  }

  hear(event: RealtimeEvent): void {
    this.touch();
    this.#history = remember(this.#history, event);
  }

  touch(): void {
    this.#limits.touch();
  }

  #noteMicrophone(state: MicrophoneState): void {
    if (state === "opening") return; // a try that may fail
    if (state === "lost" || state === "paused") this.#stopLost ??= after(LOST_MICROPHONE_MS, () => void this.#giveUp());
    else this.#find();
  }

  /** What a new line starts with, after a cut or a handoff. After a handoff, the new agent speaks first. */
  sessionStart(isHandoff: boolean): SessionStart {
    this.#history = cutOff(this.#history);
    const history = retell(this.#history, isHandoff ? handoff : interruption);
    return { history, greeting: "", isUnanswered: isHandoff || isUnanswered(this.#history) };
  }

  /** The server ends the present session after these seconds, if not before. */
  endWithin(seconds: number): void {
    this.#limits.endWithin(seconds);
  }

  /** Why the call is over, when a line says that it cannot go on for this reason. */
  reasonFor(reason: EndReason): EndReason {
    return reason === "hung_up" && this.#limits.isNearlyOver ? "time_limit" : reason;
  }

  stop(): void {
    this.#isOver = true;
    this.#limits.stop();
    this.#ignoreMicrophone();
    this.#find();
  }

  #find(): void {
    this.#stopLost?.();
    this.#stopLost = undefined;
  }

  /** After the device slept, this timer is late: try the microphone once more. */
  async #giveUp(): Promise<void> {
    this.#stopLost = undefined;
    await this.#microphone.tryAgain();
    if (this.#microphone.isGone && !this.#isOver) this.emit("over", "microphone_lost");
  }
}
