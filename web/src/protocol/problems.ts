/** What can go wrong with a call, as stable codes; the sentences are in words.ts. */

import { fields, text } from "./events.ts";
import { withoutSecrets } from "./secrets.ts";

export type ProblemCode =
  | "insecure_page"
  | "browser_unsupported"
  | "microphone_denied"
  | "microphone_missing"
  | "microphone_busy"
  | "offline"
  | "server_unreachable"
  | "server_refused"
  | "signed_out"
  | "server_unclear"
  | "openai_unreachable"
  | "openai_refused"
  | "openai_unclear"
  | "timed_out"
  | "unexpected";

/** Why an open call is over. Only `person` needs no explaining. */
export type EndReason = "person" | "agent" | "hung_up" | "dropped" | "session_expired" | "time_limit" | "idle" | "microphone_lost" | "page_closed";

export class CallProblem extends Error {
  override readonly name = "CallProblem";
  readonly code: ProblemCode;
  /** A sentence from the other side, fit to show; never a secret. */
  readonly detail: string;
  /** Of the answer that refused; undefined when there was none. */
  readonly status: number | undefined;

  constructor(code: ProblemCode, detail = "", status?: number) {
    super(detail === "" ? code : `${code}: ${detail}`);
    this.code = code;
    this.detail = detail;
    this.status = status;
  }
}

export function asProblem(error: unknown): CallProblem {
  return error instanceof CallProblem ? error : new CallProblem("unexpected", String(error));
}

const MICROPHONE_PROBLEMS = new Map<string, ProblemCode>([
  ["NotAllowedError", "microphone_denied"],
  ["SecurityError", "microphone_denied"],
  ["NotFoundError", "microphone_missing"],
  ["OverconstrainedError", "microphone_missing"],
  ["NotReadableError", "microphone_busy"],
  ["AbortError", "microphone_busy"],
]);

/** `getUserMedia`'s refusal by the error's name: browsers word the messages differently. */
export function microphoneProblem(error: unknown): CallProblem {
  const code = error instanceof Error ? MICROPHONE_PROBLEMS.get(error.name) : undefined;
  return code === undefined ? asProblem(error) : new CallProblem(code);
}

export type Side = "server" | "openai";

/** A fetch that brought no answer at all. */
export function fetchProblem(side: Side, error: unknown): CallProblem {
  if (error instanceof CallProblem) return error;
  if (error instanceof DOMException && error.name === "TimeoutError") return new CallProblem("timed_out");
  return new CallProblem(navigator.onLine ? `${side}_unreachable` : "offline");
}

/** An answer that is not the one asked for: `error.message` when there is one, else the status. */
export function refusal(side: Side, status: number, body: string): CallProblem {
  const { code, message } = errorOf(body);
  if (side === "server" && code === "signed_out") return new CallProblem("signed_out");
  if (status >= 200 && status < 300) return new CallProblem(`${side}_unclear`, `Status ${status}`);
  return new CallProblem(message === "" ? `${side}_unclear` : `${side}_refused`, message || `Status ${status}`, status);
}

const DETAIL_LETTERS = 300;

function errorOf(body: string): { readonly code: string; readonly message: string } {
  try {
    const error = fields(fields(JSON.parse(body)).error);
    const message = withoutSecrets(text(error.message) ?? "").slice(0, DETAIL_LETTERS);
    return { code: text(error.code) ?? "", message };
  } catch {
    return { code: "", message: "" };
  }
}
