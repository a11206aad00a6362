/** The conversation as read from server events: a pure reducer, so that any list of events can be tried on it. */

import { agents } from "virtual:agents";
import { append, blank, done, interrupt, isSilent, LETTERS, notUnderstood, whole, words } from "./caption.ts";
import type { Act, Caption, Mark, Speaker, Step } from "./caption.ts";
import { fields, list, text, type Fields, type RealtimeEvent } from "../protocol/events.ts";

export interface Captions {
  /** In the order of the conversation. */
  readonly items: readonly Caption[];
  /** Which items a response wrote: `output_audio_buffer.cleared` names only the response. */
  readonly writtenBy: Readonly<Record<string, string>>;
  /** The response that is being heard. */
  readonly playing?: string | undefined;
  /** The item of a turn that the person has begun to speak. */
  readonly speaking?: string | undefined;
}

export const noCaptions: Captions = { items: [], writtenBy: {} };

/** As functions/voicemint/agents/handoffs.py names them, and the Agents SDK. */
export const HANDOFF = "transfer_to_";

const NAME_LETTERS = 64;

/** The items that the page shows: something said, shown or done, or the reason why nothing was. */
export function shownCaptions({ items }: Captions): readonly Caption[] {
  return items.filter(isShown);
}

const shown = new WeakMap<Caption, boolean>(); // an item that has not changed need not be read again at each event

function isShown(item: Caption): boolean {
  const known = shown.get(item);
  if (known !== undefined) return known;
  const now = item.act !== undefined || (item.speaker !== undefined && !isSilent(item));
  shown.set(item, now);
  return now;
}

/** The conversation after one more server event: when it came, and which agent had the call. */
export function readEvent(captions: Captions, event: RealtimeEvent, begun: Pick<Caption, "at" | "agent"> = { at: Date.now() }): Captions {
  const after = READERS.get(event.type)?.(captions, event) ?? captions;
  if (after.items.length <= captions.items.length) return after;
  return { ...after, items: after.items.map((item) => (item.at === undefined ? { ...item, ...begun } : item)) };
}

/**
 * After the connection was lost: what was not complete then stays as it is. What was being played was not heard to its
 * end, and a turn without its words was not understood.
 */
export function cutOff(captions: Captions): Captions {
  const { speaking } = captions;
  const heard = speaking === undefined ? captions : place(captions, { ...blank(speaking), speaker: "person" }, undefined);
  const { items, ...rest } = interruptResponse(heard, captions.playing);
  return { ...rest, items: items.map(cut), playing: undefined, speaking: undefined };
}

function cut(item: Caption): Caption {
  if (item.isDone || item.speaker === undefined) return done(item);
  if (item.speaker === "agent") return interrupt(item);
  return words(item) === "" ? notUnderstood(item) : done(item);
}

type Reader = (captions: Captions, event: Fields) => Captions;

// A Map, because an event type such as "constructor" would find something in an object.
const READERS = new Map<string, Reader>([
  ["conversation.item.added", placeItem],
  ["conversation.item.done", placeItem],
  ["conversation.item.deleted", removeItem],
  ["conversation.item.truncated", (captions, event) => change(captions, event, interrupt)],
  ["conversation.item.input_audio_transcription.delta", by("person", append)],
  ["conversation.item.input_audio_transcription.completed", by("person", whole("transcript"))],
  ["conversation.item.input_audio_transcription.failed", by("person", notUnderstood)],
  ["input_audio_buffer.speech_started", (captions, { item_id }) => ({ ...captions, speaking: text(item_id) })],
  ["input_audio_buffer.cleared", (captions) => ({ ...captions, speaking: undefined })],
  ["input_audio_buffer.committed", placeSpoken],
  ["response.output_item.added", noteWriter],
  ["response.output_audio_transcript.delta", by("agent", append)],
  ["response.output_audio_transcript.done", by("agent", whole("transcript"))],
  ["response.output_text.delta", by("agent", append)],
  ["response.output_text.done", by("agent", whole("text"))],
  ["output_audio_buffer.started", (captions, event) => ({ ...captions, playing: text(event.response_id) })],
  ["output_audio_buffer.stopped", (captions) => ({ ...captions, playing: undefined })],
  ["output_audio_buffer.cleared", clearOutput],
  ["response.done", finishResponse],
]);

function placeItem(captions: Captions, event: Fields): Captions {
  const item = fields(event.item);
  const id = text(item.id);
  if (id === undefined) return captions;
  const before = captions.items.findLast((caption) => caption.id === id) ?? blank(id);
  const holds = (type: string) => list(item.content).some((part) => fields(part).type === type);
  const act = actOf(item);
  const caption: Caption = {
    ...before,
    speaker: speakerOf(item),
    parts: { ...saidIn(item), ...before.parts },
    ...(act === undefined ? {} : { act }),
    ...(holds("input_image") ? { hasPicture: true } : {}),
  };
  const isWhole = holds("input_text") || holds("input_image") || act !== undefined;
  return place(captions, isWhole ? done(caption) : caption, event.previous_item_id);
}

/** A spoken turn whose item the server has not sent yet. */
function placeSpoken(captions: Captions, { item_id: id, previous_item_id }: Fields): Captions {
  return placeItem({ ...captions, speaking: undefined }, { item: { id, type: "message", role: "user" }, previous_item_id });
}

/**
 * Puts the item after the one it follows; at the end if that one is unknown. Items without words (tool calls, handoffs)
 * stay before it: a new session gets only the words, and lists its items as if nothing had been between them.
 */
function place(captions: Captions, caption: Caption, previous: unknown): Captions {
  const known = captions.items.findLastIndex(({ id }) => id === caption.id);
  if (known >= 0 && typeof previous !== "string") return { ...captions, items: captions.items.with(known, caption) };
  const others = captions.items.filter(({ id }) => id !== caption.id);
  const after = others.findLastIndex(({ id }) => id === previous);
  const next = others.findIndex(({ speaker }, index) => index > after && speaker !== undefined);
  const last = after < 0 || next < 0 ? others.length : next;
  const at = known > after && known <= last ? known : last;
  return { ...captions, items: others.toSpliced(at, 0, caption) };
}

function removeItem(captions: Captions, event: Fields): Captions {
  return { ...captions, items: captions.items.filter((item) => item.id !== event.item_id) };
}

function noteWriter(captions: Captions, event: Fields): Captions {
  const id = text(fields(event.item).id);
  const response = text(event.response_id);
  if (id === undefined || response === undefined) return captions;
  return { ...captions, writtenBy: { ...captions.writtenBy, [id]: response } };
}

/** Changes the item an event names; one not placed yet gets its place at the end. */
function by(speaker: Speaker, step: Step): Reader {
  return (captions, event) => {
    const id = text(event.item_id);
    if (id === undefined) return captions;
    const known = captions.items.findLastIndex((item) => item.id === id) >= 0;
    return change(known ? captions : place(captions, { ...blank(id), speaker }, undefined), event, step);
  };
}

function change(captions: Captions, event: Fields, step: Step): Captions {
  const at = captions.items.findLastIndex(({ id }) => id === event.item_id);
  const caption = captions.items[at];
  if (caption === undefined) return captions;
  return { ...captions, items: captions.items.with(at, step(caption, event)) };
}

function clearOutput(captions: Captions, event: Fields): Captions {
  return { ...interruptResponse(captions, text(event.response_id) ?? captions.playing), playing: undefined };
}

function interruptResponse(captions: Captions, response: string | undefined): Captions {
  const isCut = ({ id }: Caption) => response !== undefined && captions.writtenBy[id] === response;
  return { ...captions, items: captions.items.map((item) => (isCut(item) ? interrupt(item) : item)) };
}

// A Map, because the reason is a word of the server's.
const WHY_INCOMPLETE = new Map<unknown, Mark>([
  ["max_output_tokens", "too_long"],
  ["content_filter", "filtered"],
]);

function finishResponse(before: Captions, event: Fields): Captions {
  const response = fields(event.response);
  const id = text(response.id);
  const captions = list(response.output).reduce<Captions>((read, item) => noteWriter(read, { item, response_id: id }), before);
  if (response.status === "cancelled") return interruptResponse(captions, id);
  if (response.status !== "failed" && response.status !== "incomplete") return captions;
  const details = fields(response.status_details);
  const mark = response.status === "failed" ? "failed" : (WHY_INCOMPLETE.get(details.reason) ?? "cut_short");
  const detail = text(fields(details.error).message)?.slice(0, LETTERS) ?? "";
  const last = captions.items.findLast((item) => id !== undefined && captions.writtenBy[item.id] === id);
  const caption = last ?? { ...blank(id ?? "response"), speaker: "agent" };
  return place(captions, { ...done(caption), mark, detail }, undefined);
}

function speakerOf(item: Fields): Speaker | undefined {
  if (item.type !== "message") return undefined;
  if (item.role === "user") return "person";
  return item.role === "assistant" ? "agent" : undefined;
}

function actOf(item: Fields): Act | undefined {
  if (item.type !== "function_call" && item.type !== "mcp_call") return undefined;
  const name = text(item.name)?.slice(0, NAME_LETTERS) ?? "";
  if (!name.startsWith(HANDOFF)) return { kind: "tool", name };
  const target = name.slice(HANDOFF.length);
  const label = agents.find((agent) => agent.name === target)?.label;
  return { kind: "handoff", name: label ?? target.replaceAll("_", " ") };
}

function saidIn(item: Fields): Record<number, string> {
  const said = list(item.content).map((part) => text(fields(part).text) ?? text(fields(part).transcript));
  return Object.fromEntries(said.flatMap((part, at) => (part ? [[at, part.slice(0, LETTERS)]] : [])));
}
