/** One item of the conversation: what is said in it, and how an event changes it. Pure. */

import { text, type Fields } from "../protocol/events.ts";

export type Speaker = "person" | "agent";

/** Why an item is not complete. */
export type Mark = "interrupted" | "not_understood" | "cut_short" | "too_long" | "filtered" | "failed";

/** What the agent did instead of speaking. */
export interface Act {
  readonly kind: "tool" | "handoff";
  readonly name: string;
}

export interface Caption {
  readonly id: string;
  /** Undefined for items that nobody said, such as greetings and tool calls: they only have a place in the order. */
  readonly speaker: Speaker | undefined;
  readonly act?: Act;
  readonly hasPicture?: boolean;
  /** By content index, because the parts of one item arrive interleaved. */
  readonly parts: Readonly<Record<number, string>>;
  readonly isDone: boolean;
  /** When it began, in milliseconds since 1970. */
  readonly at?: number;
  /** The name of the agent that had the call then. */
  readonly agent?: string;
  readonly mark?: Mark;
  /** The reason a response failed, in the server's words. */
  readonly detail?: string;
}

/** The most that is kept of one part. */
export const LETTERS = 20_000;

export function words(caption: Caption): string {
  return Object.values(caption.parts).join(" ").trim();
}

/** Whether the item has nothing to show. */
export function isSilent(item: Caption): boolean {
  return words(item) === "" && item.hasPicture !== true && (item.mark ?? "interrupted") === "interrupted";
}

export function blank(id: string): Caption {
  return { id, speaker: undefined, parts: {}, isDone: false };
}

/** Changes an item by an event that names it. */
export type Step = (caption: Caption, event: Fields) => Caption;

export function append(caption: Caption, event: Fields): Caption {
  const at = Number(event.content_index ?? 0);
  return withPart(caption, at, (caption.parts[at] ?? "") + (text(event.delta) ?? ""));
}

export function whole(field: "transcript" | "text"): Step {
  return (caption, event) => done(withPart(caption, Number(event.content_index ?? 0), text(event[field]) ?? ""));
}

/** An interrupted item keeps the words it had: late ones were never heard. */
function withPart(caption: Caption, at: number, part: string): Caption {
  if (caption.mark === "interrupted") return caption;
  return { ...caption, parts: { ...caption.parts, [at]: part.slice(0, LETTERS) } };
}

export function done(caption: Caption): Caption {
  return { ...caption, isDone: true };
}

export function interrupt(caption: Caption): Caption {
  return { ...done(caption), mark: "interrupted" };
}

export function notUnderstood(caption: Caption): Caption {
  return { ...done(caption), mark: "not_understood" };
}
