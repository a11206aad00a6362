/** The outbox on this device: what could not be sent waits for the next visit. */

import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { Batch } from "./batches.ts";
import { keptAs } from "../device/store.ts";
import { isOf, keyOf, MemoryOutbox, overLimits, type Key, type Outbox } from "./memory-outbox.ts";

/** The mark of the person who was signed in here last. */
export const lastSeen = keptAs("voicemint-person");

interface Schema extends DBSchema {
  batches: { key: Key; value: Batch; indexes: { sealedAt: number } };
}

/** The outbox in IndexedDB; in memory if the browser stores nothing, as in some private windows. */
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
    lastSeen.write({ mark: "" });
  }

  /**
   * What has no mark was kept by an older version of the page, or before the server had said who was there. It is taken
   * for this person's where nobody else was ever seen here: on the device of one person nothing is lost. Where somebody
   * else was, or a link was used since, it may be their words: it goes.
   */
  async keepFor(person: string): Promise<void> {
    if (person === "") return; // the server sends no marks: persons cannot be told apart
    const { mark = person } = lastSeen.read();
    const goes = (batch: Batch) => !isOf(batch, person) || (batch.person === undefined && mark !== person);
    await Promise.all((await this.all()).filter(goes).map((batch) => this.remove(batch)));
    lastSeen.write({ mark: person }); // not before: a page that is closed in between has them judged once more
  }
}
