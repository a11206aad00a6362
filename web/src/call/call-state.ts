/** The states of a call and what moves it from one to the next, as one table. */

export type CallState = "idle" | "preparing" | "connecting" | "live" | "reconnecting" | "handing_off" | "ending" | "ended" | "failed";
export type CallStep = "dial" | "abandon" | "start" | "open" | "lose" | "hand_off" | "recover" | "end" | "closed" | "fail";

const beforeACall = { dial: "preparing", start: "connecting", fail: "failed" } as const;

const NEXT: Readonly<Record<CallState, Readonly<Partial<Record<CallStep, CallState>>>>> = {
  idle: beforeACall,
  preparing: { start: "connecting", abandon: "idle" },
  connecting: { open: "live", end: "ending", fail: "failed" },
  live: { lose: "reconnecting", hand_off: "handing_off", end: "ending" },
  reconnecting: { recover: "live", end: "ending", fail: "failed" },
  handing_off: { recover: "live", lose: "reconnecting", end: "ending", fail: "failed" },
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
  return state === "connecting" || state === "live" || isBetweenSessions(state) || state === "ending";
}

/** Whether one session of a call is over and the next one is not there yet. */
export function isBetweenSessions(state: CallState): boolean {
  return state === "reconnecting" || state === "handing_off";
}
