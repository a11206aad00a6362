import { expect, test } from "vitest";
import { isInCall, next, type CallState, type CallStep } from "../../src/call/call-state.ts";

const STATES: CallState[] = ["idle", "preparing", "connecting", "live", "reconnecting", "handing_off", "ending", "ended", "failed"];
const STEPS: CallStep[] = ["dial", "abandon", "start", "open", "lose", "hand_off", "recover", "end", "closed", "fail"];

const MOVES: Record<string, CallState> = {
  "idle dial": "preparing",
  "idle start": "connecting",
  "idle fail": "failed",
  "preparing start": "connecting",
  "preparing abandon": "idle",
  "connecting open": "live",
  "connecting end": "ending",
  "connecting fail": "failed",
  "live lose": "reconnecting",
  "live hand_off": "handing_off",
  "live end": "ending",
  "reconnecting recover": "live",
  "reconnecting end": "ending",
  "reconnecting fail": "failed",
  "handing_off recover": "live",
  "handing_off lose": "reconnecting",
  "handing_off end": "ending",
  "handing_off fail": "failed",
  "ending closed": "ended",
  "ended dial": "preparing",
  "ended start": "connecting",
  "ended fail": "failed",
  "failed dial": "preparing",
  "failed start": "connecting",
  "failed fail": "failed",
};

const CASES = STATES.flatMap((state) => STEPS.map((step): [CallState, CallStep] => [state, step]));

test.each(CASES)("%s, %s", (state, step) => {
  expect(next(state, step)).toBe(MOVES[`${state} ${step}`]);
});

test("a call is on from the tap until everything is closed", () => {
  expect(STATES.filter(isInCall)).toEqual(["connecting", "live", "reconnecting", "handing_off", "ending"]);
});
