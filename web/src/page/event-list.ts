/** Every event of this visit, for the inspector: deltas folded, secrets and sound left out, and never too many. */

import { signal } from "@preact/signals";
import { fields, text, type RealtimeEvent } from "../protocol/events.ts";

export type Direction = "client" | "server" | "page";

export interface Entry {
  readonly key: number;
  readonly at: Date;
  readonly direction: Direction;
  readonly type: string;
  readonly detail: string;
  /** How many deltas this stands for. */
  readonly times: number;
  /** The deltas' words, joined. */
  readonly delta: string;
  readonly isError: boolean;
  /** The event as it is logged: `{"at", "direction", "event"}` as JSON. */
  readonly line: string;
}

const ENTRIES = 8_000;
const LETTERS = 5_000_000; // with the entries themselves about 10 MB at most
const DETAIL_LETTERS = 160;
const DELTA_LETTERS = 4_000;
const LOOK_BACK = 6; // deltas of several items arrive interleaved

export class EventList {
  /** Counts up at each change; the entries themselves are in no signal, because nobody reads them most of the time. */
  readonly version = signal(0);
  #entries: Entry[] = [];
  #letters = 0;
  #dropped = 0;
  #nextKey = 0;

  /** Oldest first. Not to be changed, and other entries after the next event. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** How many of the oldest are gone. */
  get dropped(): number {
    return this.#dropped;
  }

  add(direction: Direction, event: RealtimeEvent, at: Date, line: string): void {
    if (!this.#fold(direction, event)) this.#append(direction, event, at, line);
    this.version.value += 1;
  }

  clear(): void {
    this.#entries = [];
    this.#letters = this.#dropped = 0;
    this.version.value += 1;
  }

  #append(direction: Direction, event: RealtimeEvent, at: Date, line: string): void {
    this.#nextKey += 1;
    const isError = event.type === "error" || event.type === "call.failed" || fields(event.response).status === "failed";
    const entry = { key: this.#nextKey, at, direction, type: event.type, detail: describe(event), times: 1, isError, line };
    this.#entries.push({ ...entry, delta: isDelta(event) ? text(event.delta)?.slice(0, DELTA_LETTERS) ?? "" : "" });
    this.#letters += line.length;
    if (this.#entries.length > ENTRIES || this.#letters > LETTERS) this.#drop();
  }

  /** Adds a delta to the entry its item already has. */
  #fold(direction: Direction, event: RealtimeEvent): boolean {
    if (!isDelta(event)) return false;
    const of = itemOf(event);
    for (let back = 1; back <= LOOK_BACK; back += 1) {
      const entry = this.#entries.at(-back);
      if (entry?.type !== event.type || entry.direction !== direction || !entry.line.includes(of)) continue;
      const delta = (entry.delta + (text(event.delta) ?? "")).slice(0, DELTA_LETTERS);
      this.#entries[this.#entries.length - back] = { ...entry, times: entry.times + 1, delta, detail: delta.slice(0, DETAIL_LETTERS) };
      return true;
    }
    return false;
  }

  /** Drops the oldest eighth at once: dropping one at each event would move all the others each time. */
  #drop(): void {
    const gone = this.#entries.splice(0, Math.ceil(this.#entries.length / 8));
    this.#letters -= gone.reduce((letters, { line }) => letters + line.length, 0);
    this.#dropped += gone.length;
  }
}

function isDelta({ type }: RealtimeEvent): boolean {
  return type.endsWith(".delta");
}

/** The item's id as it stands in the logged line. */
function itemOf(event: RealtimeEvent): string {
  return JSON.stringify(text(event.item_id) ?? "");
}

function describe(event: RealtimeEvent): string {
  const { status } = fields(event.response);
  const said = text(event.detail) ?? text(event.transcript) ?? text(event.text) ?? text(event.delta);
  const named = text(fields(event.error).message) ?? text(status) ?? text(fields(event.item).type) ?? text(event.name);
  return (said ?? named ?? "").slice(0, DETAIL_LETTERS);
}
