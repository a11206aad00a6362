/** Keeps sealed batches until the server has stored them: at most 1 MiB, at most 24 hours. */

import type { Batch } from "./batches.ts";

export const OUTBOX_BYTES = 1_048_576;
export const OUTBOX_MS = 86_400_000;

export type Key = [callId: string, sequence: number];

export interface Outbox {
  put(batch: Batch): Promise<void>;
  /** Drops what is over the limits and returns it. */
  prune(): Promise<readonly Batch[]>;
  /** What is kept, oldest first. Batches of other tabs and earlier visits are among them. */
  all(): Promise<readonly Batch[]>;
  remove(batch: Batch): Promise<void>;
  clear(): Promise<void>;
  /** Drops what is another person's than this one's, by their mark. */
  keepFor(person: string): Promise<void>;
}

/** Which of these batches (oldest first) no longer fit the limits. */
export function overLimits(batches: readonly Batch[], now: number): readonly Batch[] {
  let bytes = batches.reduce((sum, batch) => sum + batch.bytes, 0);
  return batches.filter((batch) => {
    const goes = bytes > OUTBOX_BYTES || now - batch.sealedAt > OUTBOX_MS;
    if (goes) bytes -= batch.bytes;
    return goes;
  });
}

export class MemoryOutbox implements Outbox {
  #batches: readonly Batch[] = [];

  async put(batch: Batch): Promise<void> {
    this.#batches = [...this.#batches, batch];
    return Promise.resolve();
  }

  async prune(): Promise<readonly Batch[]> {
    const dropped = overLimits(this.#batches, Date.now());
    this.#batches = this.#batches.filter((kept) => !dropped.includes(kept));
    return Promise.resolve(dropped);
  }

  async all(): Promise<readonly Batch[]> {
    return Promise.resolve(this.#batches);
  }

  async remove(batch: Batch): Promise<void> {
    this.#batches = this.#batches.filter((kept) => String(keyOf(kept)) !== String(keyOf(batch)));
    return Promise.resolve();
  }

  async clear(): Promise<void> {
    this.#batches = [];
    return Promise.resolve();
  }

  async keepFor(person: string): Promise<void> {
    this.#batches = this.#batches.filter((batch) => isOf(batch, person));
    return Promise.resolve();
  }
}

/** What has no mark is for `keepFor` to judge; it is nobody else's here. */
export function isOf(batch: Batch, person: string): boolean {
  return (batch.person ?? person) === person;
}

export function keyOf({ callId, sequence }: Batch): Key {
  return [callId, sequence];
}
