/** Which events the inspector shows, and how one of them reads in full. Pure. */

import { fields, text } from "../protocol/events.ts";
import type { Direction, Entry } from "./event-list.ts";

export type Shown = "all" | "errors" | Direction;

export const filters: readonly Shown[] = ["all", "client", "server", "page", "errors"];

/** Entries of this kind that hold every word of the search, in any order and case. */
export function filterEntries(entries: readonly Entry[], shown: Shown, search: string): readonly Entry[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (shown === "all" && words.length === 0) return entries;
  const isShown = (entry: Entry) => shown === "all" || (shown === "errors" ? entry.isError : entry.direction === shown);
  const holds = ({ line, delta }: Entry) => {
    const hay = `${line} ${delta}`.toLowerCase();
    return words.every((word) => hay.includes(word));
  };
  return entries.filter((entry) => isShown(entry) && (words.length === 0 || holds(entry)));
}

/** The event as indented JSON; of folded deltas the first one, with all their words. */
export function readEntry(entry: Entry): string {
  return JSON.stringify(eventOf(entry), undefined, 2);
}

/** The event log as newline-delimited JSON, in the lines that the server stores; folded deltas with their number. */
export function eventLog(entries: readonly Entry[]): string {
  return entries.map((entry) => `${entry.times === 1 ? entry.line : foldedLine(entry)}\n`).join("");
}

function foldedLine(entry: Entry): string {
  return JSON.stringify({ ...fields(JSON.parse(entry.line)), event: eventOf(entry), times: entry.times });
}

function eventOf({ line, times, delta }: Entry): unknown {
  const { event } = fields(JSON.parse(line));
  return times === 1 ? event : { ...fields(event), delta };
}

/** The client event in typed JSON; undefined when it is none. */
export function typedEvent(json: string): { readonly type: string } | undefined {
  try {
    const event = fields(JSON.parse(json));
    const type = text(event.type);
    return type === undefined || type === "" ? undefined : { ...event, type };
  } catch {
    return undefined;
  }
}
