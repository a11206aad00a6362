/** Sends what the outbox holds, oldest first, until all of it is acknowledged; one tab at a time. */

import { fields } from "../protocol/events.ts";
import type { Batch } from "./batches.ts";
import { askServer } from "../protocol/server.ts";
import { isOf, type Outbox } from "./memory-outbox.ts";

const LOGS_URL = "/api/logs";
const REQUEST_MS = 30_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
const LOCK = "voicemint-outbox";

/** What became of a batch: only `stored` and `refused` take it out of the outbox. */
export type Outcome =
  | { readonly kind: "stored" }
  | { readonly kind: "refused"; readonly status: number }
  | { readonly kind: "later"; readonly waitMs?: number };

export class Delivery {
  /** The person whose batches are sent. None are sent until the page knows who is signed in. */
  person: string | undefined;
  readonly #outbox: Outbox;
  readonly #refused: (batch: Batch, status: number) => void;
  #running: Promise<void> | undefined;
  #again = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(outbox: Outbox, refused: (batch: Batch, status: number) => void) {
    this.#outbox = outbox;
    this.#refused = refused;
  }

  /** Sends everything that waits, unless a failure asked for patience. Resolves when there is nothing to do for now. */
  async run(): Promise<void> {
    if (this.#timer !== undefined || this.person === undefined) return;
    this.#again = true;
    this.#running ??= this.#runUntilQuiet().finally(() => (this.#running = undefined));
    await this.#running;
  }

  /** There is reason to hope again: the network is back, the page is in front. */
  async retryNow(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.run();
  }

  async #runUntilQuiet(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await oneTabAtATime(() => this.#drain());
    }
  }

  async #drain(): Promise<void> {
    for (const batch of await this.#outbox.all()) {
      if (this.person === undefined || !isOf(batch, this.person)) continue; // of another tab, or signed in since
      const outcome = await post(batch);
      if (outcome.kind === "later") {
        this.#runLater(outcome.waitMs);
        return;
      }
      this.#failures = 0;
      await this.#outbox.remove(batch);
      if (outcome.kind === "refused") this.#refused(batch, outcome.status);
    }
  }

  #runLater(waitMs?: number): void {
    const wait = waitMs ?? Math.min(FIRST_WAIT_MS * 2 ** this.#failures, LONGEST_WAIT_MS) * (0.75 + Math.random() / 4);
    this.#failures += 1;
    this.#again = false;
    this.#timer = setTimeout(() => void this.retryNow(), wait);
  }
}

/** Sends a batch, with whose it is: the cookie may be another person's by now. `keepalive` lets it outlive the page. */
export async function post(batch: Batch, keepalive = false): Promise<Outcome> {
  const headers = new Headers({ "content-type": "application/x-ndjson", "voicemint-batch": `${batch.callId}/${batch.sequence}` });
  if (batch.person) headers.set("voicemint-person", batch.person);
  const signal = AbortSignal.timeout(REQUEST_MS);
  try {
    const response = await askServer(LOGS_URL, { method: "POST", headers, body: batch.body, keepalive, signal });
    return await outcome(response);
  } catch {
    return { kind: "later" };
  }
}

/** 401, 408 and 429 pass by themselves; any other 4xx will be the same next time. A 200 counts only with our own answer. */
async function outcome(response: Response): Promise<Outcome> {
  if (response.ok) {
    const answer = fields(await response.json());
    return typeof answer.stored === "number" ? { kind: "stored" } : { kind: "later" };
  }
  const { status } = response;
  if (status >= 400 && status < 500 && ![401, 408, 429].includes(status)) return { kind: "refused", status };
  const seconds = Number(response.headers.get("retry-after") ?? NaN);
  return seconds >= 0 ? { kind: "later", waitMs: Math.min(seconds * 1000, LONGEST_WAIT_MS) } : { kind: "later" };
}

/** Without the lock, on pages that are not secure or are refused it, two tabs may send the same batch: stored once all the same. */
async function oneTabAtATime(work: () => Promise<void>): Promise<void> {
  if (!("locks" in navigator)) return work();
  let begun: Promise<void> | undefined;
  const begin = () => (begun ??= work());
  await navigator.locks.request(LOCK, begin).catch(() => begin());
}
