/** The states of a call and what moves it from one to the next, as one table. */

export type CallState = "idle" | "preparing" | "connecting" | "live" | "reconnecting" | "ending" | "ended" | "failed";
export type CallStep = "dial" | "abandon" | "start" | "open" | "lose" | "recover" | "end" | "closed" | "fail";

const beforeACall = { dial: "preparing", start: "connecting", fail: "failed" } as const;

const NEXT: Readonly<Record<CallState, Readonly<Partial<Record<CallStep, CallState>>>>> = {
  idle: beforeACall,
  preparing: { start: "connecting", abandon: "idle" },
  connecting: { open: "live", end: "ending", fail: "failed" },
  live: { lose: "reconnecting", end: "ending" },
  reconnecting: { recover: "live", end: "ending", fail: "failed" },
  ending: { closed: "ended" },
  ended: beforeACall,
  failed: beforeACall,
};

/** The state after `step`, or undefined when the step means nothing in this state. */
export function next(state: CallState, step: CallStep): CallState | undefined {
  return NEXT[state][step];
}

/** Whether the person has committed to a call: from the tap until everything is closed. */
export function isInCall(state: CallState): boolean {
  return state === "connecting" || state === "live" || state === "reconnecting" || state === "ending";
}
