/** What was said so far, as text, so that a new session can be told. A pure reducer of events. */

import { clientEvents, fields, list, text, type Fields, type RealtimeEvent } from "./events.ts";

interface Said {
  readonly id: string;
  readonly role: "user" | "assistant";
  readonly words: string;
}

export interface History {
  /** In the order of the conversation. */
  readonly items: readonly Said[];
}

export const noHistory: History = { items: [] };

// The newest that fit: enough to go on with, and little to pay for.
const ITEMS = 200;
const KEPT_ITEMS = 2 * ITEMS; // some of them may turn out to be empty
const LETTERS = 40_000;
const ITEM_LETTERS = 12_000; // with three bytes a letter an event still fits the data channel

/** The conversation after one more event. */
export function remember(history: History, event: RealtimeEvent): History {
  switch (event.type) {
    case "conversation.item.create": // typed words: the session may be over before it has told that it has them
    case "conversation.item.added":
    case "conversation.item.done":
      return place(history, fields(event.item), event.previous_item_id);
    case "conversation.item.deleted":
      return { items: history.items.filter(({ id }) => id !== event.item_id) };
    case "conversation.item.input_audio_transcription.completed":
    case "response.output_audio_transcript.done":
      return change(history, event, () => text(event.transcript) ?? "");
    case "response.output_text.done":
      return change(history, event, () => text(event.text) ?? "");
    case "response.output_audio_transcript.delta":
    case "response.output_text.delta":
      return change(history, event, (words) => words + (text(event.delta) ?? ""));
    default:
      return history;
  }
}

/**
 * The events that tell a new session all of it, and last why there is one. The items keep their ids: whoever shows them
 * shows none twice.
 */
export function retell(history: History, why: string): readonly RealtimeEvent[] {
  const items = newest(history.items.filter(({ words }) => words.trim() !== ""));
  return items.length === 0 ? [] : [...items.map(itemEvent), clientEvents.systemMessage(why)];
}

/** Whether the person spoke last and was not answered before the cut. */
export function isUnanswered(history: History): boolean {
  return history.items.findLast(({ words }) => words.trim() !== "")?.role === "user";
}

function place(history: History, item: Fields, previous: unknown): History {
  const id = text(item.id);
  if (id === undefined || item.type !== "message" || (item.role !== "user" && item.role !== "assistant")) return history;
  const known = history.items.find((said) => said.id === id);
  const said: Said = { id, role: item.role, words: wordsOf(item) || (known?.words ?? "") };
  if (known !== undefined) return { items: history.items.map((each) => (each.id === id ? said : each)) };
  const after = history.items.findIndex((each) => each.id === previous);
  const items = after < 0 ? [...history.items, said] : history.items.toSpliced(after + 1, 0, said);
  return { items: items.slice(-KEPT_ITEMS) };
}

function change(history: History, event: Fields, words: (before: string) => string): History {
  const at = history.items.findLastIndex(({ id }) => id === event.item_id);
  const said = history.items[at];
  return said === undefined ? history : { items: history.items.with(at, { ...said, words: words(said.words) }) };
}

function wordsOf(item: Fields): string {
  const parts = list(item.content).map((part) => text(fields(part).text) ?? text(fields(part).transcript) ?? "");
  return parts.filter((part) => part !== "").join(" ");
}

function newest(items: readonly Said[]): readonly Said[] {
  let letters = 0;
  const isWithin = ({ words }: Said) => (letters += Math.min(words.length, ITEM_LETTERS)) <= LETTERS;
  const dropped = items.slice(-ITEMS).findLastIndex((said) => !isWithin(said));
  return items.slice(-ITEMS).slice(dropped + 1);
}

function itemEvent({ id, role, words }: Said): RealtimeEvent {
  const part = { type: role === "user" ? "input_text" : "output_text", text: words.slice(-ITEM_LETTERS) };
  return { type: "conversation.item.create", item: { id, type: "message", role, content: [part] } };
}
