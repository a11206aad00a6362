/** The events of a call. */

import type { CallState } from "./call-state.ts";
import type { LineEvents } from "../connection/line.ts";
import type { CallProblem, EndReason } from "../protocol/problems.ts";

export interface StateChange {
  readonly state: CallState;
  readonly problem?: CallProblem;
  readonly reason?: EndReason;
}

/** A call that was cut is set up again by itself. */
export interface Reconnecting {
  /** From 1. */
  readonly attempt: number;
  /** Until this attempt begins; 0 while it is under way. */
  readonly secondsToWait: number;
}

export interface CallEvents extends Omit<LineEvents, "over"> {
  readonly state: StateChange;
  readonly muted: boolean;
  /** The browser refuses to play until the person taps once more. */
  readonly blocked: boolean;
  readonly reconnecting: Reconnecting | undefined;
  /** In the last minute. */
  readonly secondsLeft: number | undefined;
  /** The agent's voice, for a meter or a recording. */
  readonly voice: MediaStream | undefined;
  /** Typed words are about to be sent: what belongs before them goes now. */
  readonly saying: string;
}
