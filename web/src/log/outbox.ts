/** Keeps sealed batches on this device until the server has stored them: at most 1 MiB, at most 24 hours. */

import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { Batch } from "./batches.ts";

export const OUTBOX_BYTES = 1_048_576;
export const OUTBOX_MS = 86_400_000;

type Key = [callId: string, sequence: number];

interface Schema extends DBSchema {
  batches: { key: Key; value: Batch; indexes: { sealedAt: number } };
}

export interface Outbox {
  put(batch: Batch): Promise<void>;
  /** Drops what is over the limits and returns it. */
  prune(): Promise<readonly Batch[]>;
  /** What is kept, oldest first. Batches of other tabs and earlier visits are among them. */
  all(): Promise<readonly Batch[]>;
  remove(batch: Batch): Promise<void>;
  clear(): Promise<void>;
}

/** The outbox in IndexedDB; in memory where the browser keeps nothing, as in some private windows. */
export async function openOutbox(name = "voicemint"): Promise<Outbox> {
  try {
    const upgrade = (database: IDBPDatabase<Schema>) => {
      database.createObjectStore("batches", { keyPath: ["callId", "sequence"] }).createIndex("sealedAt", "sealedAt");
    };
    return new StoredOutbox(await openDB<Schema>(name, 1, { upgrade }));
  } catch {
    return new MemoryOutbox();
  }
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

class StoredOutbox implements Outbox {
  readonly #database: IDBPDatabase<Schema>;

  constructor(database: IDBPDatabase<Schema>) {
    this.#database = database;
  }

  async put(batch: Batch): Promise<void> {
    await this.#database.put("batches", batch);
  }

  async prune(): Promise<readonly Batch[]> {
    const transaction = this.#database.transaction("batches", "readwrite");
    const dropped = overLimits(await transaction.store.index("sealedAt").getAll(), Date.now());
    await Promise.all([...dropped.map((old) => transaction.store.delete(keyOf(old))), transaction.done]);
    return dropped;
  }

  async all(): Promise<readonly Batch[]> {
    return this.#database.getAllFromIndex("batches", "sealedAt");
  }

  async remove(batch: Batch): Promise<void> {
    await this.#database.delete("batches", keyOf(batch));
  }

  async clear(): Promise<void> {
    await this.#database.clear("batches");
  }
}

class MemoryOutbox implements Outbox {
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
}

function keyOf({ callId, sequence }: Batch): Key {
  return [callId, sequence];
}
