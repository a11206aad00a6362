/** Ends a call that has reached its limit or that nobody uses any more, and says how long the last minute still is. */

import { after, elapsed, nothing } from "../device/clock.ts";
import { Emitter } from "../protocol/emitter.ts";
import type { EndReason } from "../protocol/problems.ts";

const IDLE_MS = 600_000;
const LONGEST_MS = 86_400_000; // a larger number would overflow the browser's timer and end the call at once
const COUNTDOWN_SECONDS = 60;
const GOODBYE_SECONDS = 15;
const SERVER_EARLIER_MS = 5_000; // the server counts from an earlier moment, and cuts by its own clock

export interface LimitEvents {
  /** In the last minute, once a second. */
  readonly secondsLeft: number;
  /** There is just time for a goodbye. */
  readonly goodbye: number;
  readonly over: EndReason;
}

export class CallLimits extends Emitter<LimitEvents> {
  #endsAt: number;
  #stopTick = nothing;
  #stopIdle = nothing;
  #isFarewellDue: boolean;

  constructor(maxCallSeconds: number) {
    super();
    this.#isFarewellDue = maxCallSeconds > 2 * GOODBYE_SECONDS;
    this.#endsAt = endAfter(maxCallSeconds);
  }

  start(): void {
    this.#count();
    this.touch();
  }

  /** Never later than it would have ended anyway. */
  endWithin(seconds: number): void {
    this.#endsAt = Math.min(this.#endsAt, endAfter(seconds));
    this.#stopTick();
    this.#count();
  }

  /** Something was said. */
  touch(): void {
    this.#stopIdle();
    this.#stopIdle = after(IDLE_MS, () => this.emit("over", "idle"));
  }

  /** Whether a hang-up by the server now is the limit itself. */
  get isNearlyOver(): boolean {
    return this.#millisecondsLeft <= SERVER_EARLIER_MS;
  }

  stop(): void {
    this.#stopTick();
    this.#stopIdle();
  }

  get #millisecondsLeft(): number {
    return this.#endsAt - elapsed();
  }

  #count(): void {
    const left = Math.max(0, Math.ceil(this.#millisecondsLeft / 1000));
    if (left > COUNTDOWN_SECONDS) this.#wait((left - COUNTDOWN_SECONDS) * 1000);
    else {
      this.emit("secondsLeft", left);
      this.#sayGoodbye(left);
      if (left === 0) this.emit("over", "time_limit");
      else this.#wait(this.#millisecondsLeft - (left - 1) * 1000);
    }
  }

  #wait(milliseconds: number): void {
    this.#stopTick = after(milliseconds, () => this.#count());
  }

  #sayGoodbye(left: number): void {
    if (!this.#isFarewellDue || left > GOODBYE_SECONDS || left === 0) return;
    this.#isFarewellDue = false;
    this.emit("goodbye", left);
  }
}

function endAfter(seconds: number): number {
  return elapsed() + Math.min(seconds * 1000, LONGEST_MS);
}
