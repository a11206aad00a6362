/** The conversation as text for a new session, made from the captions that the person reads too. Pure. */

import { words, type Caption, type Mark } from "../readings/caption.ts";
import { noCaptions, readEvent, type Captions } from "../readings/captions.ts";
import { clientEvents, type RealtimeEvent } from "../protocol/events.ts";
import { unheardTurn } from "./prompts.ts";

export type History = Captions;

export const noHistory: History = noCaptions;

// The newest items that fit: enough to continue, and cheap.
const ITEMS = 200;
const KEPT_ITEMS = 2 * ITEMS; // some of them may turn out to be empty
const LETTERS = 40_000;
const ITEM_LETTERS = 12_000; // with three bytes a letter an event still fits the data channel

const ENDINGS: Readonly<Partial<Record<Mark, string>>> = {
  interrupted: " (interrupted)",
  cut_short: " (cut short)",
  too_long: " (cut short)",
  filtered: " (cut short)",
  failed: " (cut short)",
};

/** The conversation after one more event. */
export function remember(history: History, event: RealtimeEvent): History {
  // Typed words: the session may end before it confirms them.
  const isSent = event.type === "conversation.item.create";
  const after = readEvent(history, isSent ? { ...event, type: "conversation.item.added" } : event);
  return after.items.length > KEPT_ITEMS ? { ...after, items: after.items.slice(-KEPT_ITEMS) } : after;
}

/**
 * The events that tell a new session the conversation, and at the end why there is a new session. The items keep their
 * ids, so that the page shows none twice.
 */
export function retell(history: History, why: string): readonly RealtimeEvent[] {
  const items = newest(history.items.filter(isTold));
  return items.length === 0 ? [] : [...items.map(itemEvent), clientEvents.systemMessage(why)];
}

/** Whether the person spoke last and was not answered before the cut. */
export function isUnanswered(history: History): boolean {
  return history.items.findLast(isTold)?.speaker === "person";
}

function isTold(item: Caption): boolean {
  return item.speaker !== undefined && (words(item) !== "" || item.mark === "not_understood");
}

function newest(items: readonly Caption[]): readonly Caption[] {
  let letters = 0;
  const isWithin = (item: Caption) => (letters += Math.min(words(item).length, ITEM_LETTERS)) <= LETTERS;
  const dropped = items.slice(-ITEMS).findLastIndex((item) => !isWithin(item));
  return items.slice(-ITEMS).slice(dropped + 1);
}

function itemEvent(item: Caption): RealtimeEvent {
  const said = words(item);
  if (said === "") return clientEvents.systemMessage(unheardTurn);
  const isPersons = item.speaker === "person";
  const ending = (item.mark === undefined ? undefined : ENDINGS[item.mark]) ?? "";
  const part = { type: isPersons ? "input_text" : "output_text", text: said.slice(-ITEM_LETTERS) + ending };
  const role = isPersons ? "user" : "assistant";
  return { type: "conversation.item.create", item: { id: item.id, type: "message", role, content: [part] } };
}
