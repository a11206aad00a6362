/** Collects lines into batches the log route takes, each with a number that never changes. Pure but for its counters. */

import { byteLength } from "./entries.ts";

/** Also what a closing page may still send: browsers allow 64 KiB for all such requests together. */
export const BATCH_BYTES = 49_152;
export const BATCH_ENTRIES = 200;

/** The same batch has the same id, number and bytes each time it is sent: the server stores it once. */
export interface Batch {
  readonly callId: string;
  readonly sequence: number;
  readonly body: string;
  readonly entries: number;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly sealedAt: number;
  /** The mark of whose it is; none where that was not known yet, and in what an older version of the page kept. */
  readonly person?: string;
}

export class Batches {
  readonly #sealed: (batch: Batch) => void;
  readonly #sequences = new Map<string, number>();
  #callId: string;
  #lines: string[] = [];
  #bytes = 0;

  constructor(callId: string, sealed: (batch: Batch) => void) {
    this.#callId = callId;
    this.#sealed = sealed;
  }

  /** What follows belongs to this call (or to the page again). */
  switchTo(callId: string): void {
    if (callId === this.#callId) return;
    this.seal();
    this.#callId = callId;
  }

  add(line: string): void {
    const bytes = byteLength(line) + 1;
    if (this.#bytes + bytes > BATCH_BYTES) this.seal();
    this.#lines.push(line);
    this.#bytes += bytes;
    if (this.#lines.length === BATCH_ENTRIES) this.seal();
  }

  /** Throws away what is not sealed yet. */
  discard(): void {
    this.#lines = [];
    this.#bytes = 0;
  }

  /** Closes the present batch, if there is anything in it. */
  seal(): void {
    if (this.#lines.length === 0) return;
    const callId = this.#callId;
    const sequence = this.#sequences.get(callId) ?? 0;
    this.#sequences.set(callId, sequence + 1);
    const batch = { entries: this.#lines.length, bytes: this.#bytes, body: this.#lines.map((line) => `${line}\n`).join("") };
    this.discard();
    this.#sealed({ callId, sequence, ...batch, sealedAt: Date.now() });
  }
}
