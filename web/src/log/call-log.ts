/** The log of what happened on this page: every event goes in, batches go to the server, nothing is lost on the way. */

import type { Direction } from "../page/event-list.ts";
import type { RealtimeEvent } from "../protocol/events.ts";
import { Batches, type Batch } from "./batches.ts";
import { Delivery, post } from "./delivery.ts";
import { encodeEntry } from "./entries.ts";
import { MemoryOutbox, type Outbox } from "./memory-outbox.ts";

const SEAL_MS = 3_000;
const CALL_ID = /^[A-Za-z0-9_-]{1,128}$/;

export class CallLog {
  /** What happens outside a call is kept under this name. */
  readonly #pageId = `page_${randomName()}`;
  readonly #batches = new Batches(this.#pageId, (batch) => this.#keep(batch));
  readonly #outbox: Promise<Outbox>;
  readonly #delivery: Promise<Delivery>;
  #lost: RealtimeEvent[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #held: Batch[] | undefined;
  /** On its way in a request that a closing page takes with it. */
  readonly #underWay = new Set<Batch>();
  #isLeaving = false;
  #isPaused = false;
  #person: string | undefined;

  constructor(outbox: Promise<Outbox>) {
    this.#outbox = outbox;
    this.#delivery = outbox.then((opened) => new Delivery(opened, (batch, status) => this.#noteRefused(batch, status)));
    void this.#prune();
  }

  /**
   * What follows is the person's with this mark ("" where the server tells none), and what an earlier visit of theirs
   * could not send is sent. Nothing is sent before: what waits on a device may be somebody else's.
   */
  async belongTo(person: string): Promise<void> {
    this.seal(); // it is whose it was
    this.#person = person;
    await (await this.#outbox).keepFor(person).catch(() => undefined); // a device that keeps nothing has nothing of others
    (await this.#delivery).person = person;
    await this.deliver();
  }

  /** `line` is the event's line, if the caller has it already. */
  add(direction: Direction, event: RealtimeEvent, at = new Date(), line = encodeEntry(at, direction, event)): void {
    if (this.#isPaused) return;
    // A loss is reported with the next event, never by itself: otherwise a refused report would be reported for ever.
    for (const lost of this.#lost.splice(0)) this.#batches.add(encodeEntry(at, "page", lost));
    this.#batches.add(line);
    this.#timer ??= setTimeout(() => this.seal(), SEAL_MS);
  }

  /** What follows belongs to this call; to the page again without one. */
  switchTo(callId?: string): void {
    this.#batches.switchTo(callId !== undefined && CALL_ID.test(callId) ? callId : this.#pageId);
  }

  /** Sends what there is without waiting for more. */
  seal(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#batches.seal();
  }

  /** Keeps to itself until `release`: a call is being set up, and the network and the processor are for it. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const batch of held) this.#keep(batch);
  }

  /**
   * For a page that may be closing: all that nobody has acknowledged goes out now, in requests that the browser finishes
   * by itself. What arrives twice is stored once.
   */
  sealAndLeave(): void {
    for (const batch of this.#underWay) if (batch.person !== undefined) void post(batch, true);
    this.#isLeaving = true;
    this.release();
    this.seal();
    this.#isLeaving = false;
  }

  /** Notes and sends nothing from now on; what is kept stays for a later visit. */
  pause(): void {
    this.#isPaused = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#held = undefined;
    this.#batches.discard();
  }

  /** Sends nothing more until it is said again whom it belongs to; what is noted meanwhile waits for `release`. */
  rest(): void {
    this.hold();
    void this.#delivery.then((delivery) => (delivery.person = undefined));
  }

  /** Leaves nothing of any conversation on this device. What was not sent yet is lost, on purpose. */
  async forget(): Promise<void> {
    this.pause();
    await (await this.#outbox).clear();
  }

  /** Sends what is kept, also after a failure. */
  async deliver(): Promise<void> {
    if (!this.#isPaused) await (await this.#delivery).retryNow();
  }

  #keep(batch: Batch): void {
    if (this.#held !== undefined) this.#held.push(batch);
    else {
      const marked = this.#person === undefined ? batch : { ...batch, person: this.#person };
      void (this.#isLeaving ? this.#leave(marked) : this.#storeAndDeliver(marked));
    }
  }

  async #leave(batch: Batch): Promise<void> {
    if (batch.person === undefined) return this.#store(batch); // the next visit knows whose it can be
    const [outcome] = await Promise.all([post(batch, true), this.#store(batch)]);
    if (outcome.kind === "stored") await (await this.#outbox).remove(batch);
  }

  async #storeAndDeliver(batch: Batch): Promise<void> {
    this.#underWay.add(batch);
    await this.#store(batch);
    await (await this.#delivery).run();
    this.#underWay.delete(batch);
  }

  async #store(batch: Batch): Promise<void> {
    try {
      await (await this.#outbox).put(batch);
      await this.#prune();
    } catch (error) {
      // The device stores nothing more: try once without the outbox, and report the loss.
      if (batch.person === undefined || (await post(batch)).kind !== "stored") this.#noteLost("log.dropped", [batch], String(error));
    }
  }

  async #prune(): Promise<void> {
    const dropped = await (await this.#outbox).prune();
    if (dropped.length > 0) this.#noteLost("log.dropped", dropped, "the outbox was full, or they were too old");
  }

  #noteRefused(batch: Batch, status: number): void {
    this.#noteLost("log.refused", [batch], `status ${status}`);
  }

  #noteLost(type: string, batches: readonly Batch[], detail: string): void {
    const entries = batches.reduce((sum, batch) => sum + batch.entries, 0);
    const names = batches.map(({ callId, sequence }) => `${callId}/${sequence}`);
    this.#lost.push({ type, batches: names, entries, detail });
  }
}

/** Its code is not on the way to the first paint; without it the log is kept as long as the page is open. */
export async function loadOutbox(): Promise<Outbox> {
  const loaded = await import("./outbox.ts").catch(() => undefined);
  return loaded?.openOutbox() ?? new MemoryOutbox();
}

/** 128 random bits. Not `randomUUID`, which exists on secure pages only: the log also tells of the others. */
function randomName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
