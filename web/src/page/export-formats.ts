/** A conversation as a file: text to read, Markdown to pass on, JSON to work with. Pure. */

import { words as said, type Caption } from "../readings/caption.ts";
import type { CallCost } from "../readings/call-cost.ts";
import type { Words } from "../language/words.ts";
import type { SheetWords } from "../language/words/english-sheets.ts";

export interface Conversation {
  readonly items: readonly Caption[];
  /** What the chosen agent is called; items of another say so themselves. */
  readonly agent: string;
  readonly callId: string;
  readonly cost: CallCost;
}

/** The words of the page, and how its language writes a time. */
export interface Wording {
  readonly words: Words & Pick<SheetWords, "conversation">;
  readonly time: (at: number) => string;
}

export function asText(conversation: Conversation, wording: Wording): string {
  return conversation.items.map((item) => `${linesOf(item, conversation, wording).join("\n")}\n`).join("\n");
}

export function asMarkdown(conversation: Conversation, wording: Wording): string {
  const items = conversation.items.map((item) => {
    const [head = "", ...body] = linesOf(item, conversation, wording);
    if (item.act !== undefined) return `*${escaped(head)}*`;
    return [`**${escaped(head)}**`, ...body.map((line) => quoted(escaped(line)))].join("\n\n");
  });
  return [`# ${wording.words.conversation}`, ...items, ""].join("\n\n");
}

export function asJson({ items, agent, callId, cost }: Conversation): string {
  const plain = items.map((item) => ({
    item_id: item.id,
    at: item.at === undefined ? null : new Date(item.at).toISOString(),
    role: item.speaker === "person" ? "user" : "assistant",
    ...(item.speaker === "agent" && item.agent !== undefined ? { agent: item.agent } : {}),
    text: said(item),
    ...(item.mark === undefined ? {} : { mark: item.mark }),
    ...(item.act === undefined ? {} : { [item.act.kind]: item.act.name }),
    ...(item.hasPicture === true ? { picture: true } : {}),
  }));
  const spent = { model: cost.model, usd: Number(cost.total.usd.toFixed(6)) };
  return `${JSON.stringify({ call_id: callId, agent, cost: spent, items: plain }, undefined, 2)}\n`;
}

/** A name that sorts by time: voicemint-2026-11-21-1405-transcript.txt. */
export function fileName(at: Date, what: string, ending: string): string {
  const two = (number: number) => String(number).padStart(2, "0");
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `voicemint-${date}-${two(at.getHours())}${two(at.getMinutes())}-${what}.${ending}`;
}

/** Who and when, then what. */
function linesOf(item: Caption, { agent }: Conversation, { words, time }: Wording): string[] {
  if (item.act !== undefined) return [item.act.kind === "tool" ? words.usedTool(item.act.name) : words.handedOff(item.act.name)];
  const who = item.speaker === "agent" ? (item.agent ?? agent) : words.you;
  const head = item.at === undefined ? who : `${who}, ${time(item.at)}`;
  const picture = item.hasPicture === true ? [`[${words.pictureShown}]`] : [];
  const mark = item.mark === undefined ? [] : [`[${`${words.marks[item.mark]} ${item.detail ?? ""}`.trim()}]`];
  return [head, ...picture, ...said(item).split("\n").filter((line) => line.trim() !== ""), ...mark];
}

function quoted(line: string): string {
  return `> ${line}`;
}

/** What Markdown, or HTML inside it, would read as more than words. */
function escaped(line: string): string {
  return line.replace(/[\\`*_[\]<>#|~!]/g, "\\$&");
}
