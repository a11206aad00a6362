/** What is done about a call that was cut and about each attempt to bring it back, as tables. Pure. */

import type { EndReason, ProblemCode } from "../protocol/problems.ts";

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
const ATTEMPTS = 14; // about five minutes

/** The ends that the person did not want: after these, the call continues in a new session. */
const IS_CUT: Readonly<Record<EndReason, boolean>> = {
  dropped: true,
  session_expired: true, // OpenAI's 60 minutes; the agent's own limit goes on counting
  agent: false,
  hung_up: false,
  time_limit: false,
  idle: false,
  microphone_lost: false,
  person: false,
  page_closed: false,
};

/** The failed attempts that may succeed later; the others are reported at once. */
const MAY_PASS: Readonly<Record<ProblemCode, boolean>> = {
  offline: true,
  server_unreachable: true,
  server_unclear: true,
  openai_unreachable: true,
  openai_unclear: true,
  timed_out: true,
  server_refused: false, // its words say why: a limit, a stop
  openai_refused: false,
  signed_out: false,
  insecure_page: false,
  browser_unsupported: false,
  microphone_denied: false,
  microphone_missing: false,
  microphone_busy: false,
  unexpected: false,
};

export function isCut(reason: EndReason): boolean {
  return IS_CUT[reason];
}

/** Whether another attempt is made after number `attempt` (from 1) failed with this problem. */
export function triesAgain(problem: ProblemCode, attempt: number): boolean {
  return MAY_PASS[problem] && attempt < ATTEMPTS;
}

/**
 * Milliseconds before attempt number `attempt` (from 1): doubled each time, 1 to 30 s. `chance` (0 to 1) spreads the
 * pages that were all cut by the same event.
 */
export function waitBefore(attempt: number, chance: number): number {
  const longest = Math.min(FIRST_MS * 2 ** (attempt - 1), LONGEST_MS);
  return Math.max(FIRST_MS, Math.round(longest * (0.75 + chance / 4)));
}
