/** What outlives a cut and a handover: what was said, how long the call may still last, and whether anybody can be heard. */

import { after, nothing } from "./clock.ts";
import { CallLimits, type LimitEvents } from "./call-limits.ts";
import { Emitter } from "./emitter.ts";
import type { RealtimeEvent } from "./events.ts";
import { isUnanswered, noHistory, remember, retell } from "./history.ts";
import type { Opening } from "./line.ts";
import type { MicrophoneState } from "./microphone.ts";
import { handover, interruption } from "./prompts.ts";
import type { EndReason } from "./problems.ts";

const LOST_MICROPHONE_MS = 60_000; // there may be another one to plug in

export class Conversation extends Emitter<LimitEvents> {
  readonly #limits: CallLimits;
  #history = noHistory;
  #stopLost = nothing;

  constructor(maxCallSeconds: number) {
    super();
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

  noteMicrophone(state: MicrophoneState): void {
    if (state === "opening") return; // a try that may fail
    this.#stopLost();
    if (state === "lost") this.#stopLost = after(LOST_MICROPHONE_MS, () => this.emit("over", "microphone_lost"));
  }

  /** What a new line is told: after a cut, or because another agent takes over, who speaks first. */
  opening(isHandover: boolean): Opening {
    const history = retell(this.#history, isHandover ? handover : interruption);
    return { history, greeting: "", isUnanswered: isHandover || isUnanswered(this.#history) };
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
    this.#limits.stop();
    this.#stopLost();
  }
}
