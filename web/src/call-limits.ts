/** Ends a call that has reached its limit or that nobody uses any more. */

import type { EndReason } from "./problems.ts";

const IDLE_MS = 600_000;
const LONGEST_MS = 86_400_000; // a larger number would overflow the browser's timer and end the call at once

export class CallLimits {
  readonly #end: (reason: EndReason) => void;
  readonly #limit: ReturnType<typeof setTimeout>;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(maxCallSeconds: number, end: (reason: EndReason) => void) {
    this.#end = end;
    this.#limit = setTimeout(() => end("time_limit"), Math.min(maxCallSeconds * 1000, LONGEST_MS));
    this.touch();
  }

  /** Something was said. */
  touch(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#end("idle"), IDLE_MS);
  }

  stop(): void {
    clearTimeout(this.#limit);
    clearTimeout(this.#idle);
  }
}
