/**
 * The model's calls of tools, by the response that made them: when all of one response are answered, by whoever runs
 * them, one answer is asked for. The server asks where no call of them was the page's (functions/voicemint/monitor/monitor.py).
 */

import { fields, list, text, type Fields, type RealtimeEvent } from "../protocol/events.ts";

const ANSWER_MS = 10_000; // the longest wait for a tool

interface Group {
  /** The calls that have no output yet. */
  readonly due: Set<string>;
  /** Whether the page has answered one of them. */
  isThePages: boolean;
  /** No further call can come. */
  isOver: boolean;
  timer?: ReturnType<typeof setTimeout>;
}

export interface Called {
  readonly callId: string;
  readonly name: string;
  /** JSON of an object. */
  readonly given: string;
  readonly responseId: string;
}

/** The function calls in an event; `responseId` is the response they belong to if the event does not name one. */
export function readCalls(event: RealtimeEvent, responseId = ""): readonly Called[] {
  const response = fields(event.response);
  const id = text(event.response_id) ?? text(response.id) ?? responseId;
  const told = event.type === "response.output_item.done" ? [event.item] : event.type === "response.done" ? list(response.output) : [];
  return told.flatMap((item) => readCall(fields(item), id) ?? []);
}

function readCall(item: Fields, responseId: string): Called | undefined {
  const callId = text(item.call_id);
  const isComplete = (item.status ?? "completed") === "completed"; // the server may leave it out
  if (item.type !== "function_call" || !isComplete || callId === undefined) return undefined;
  const given = text(item.arguments)?.trim() ?? "";
  return { callId, name: text(item.name) ?? "", given: given === "" ? "{}" : given, responseId }; // "": no parameters
}

export class ToolGroups {
  readonly #groups = new Map<string, Group>();
  readonly #known = new Set<string>();
  readonly #late: (callId: string) => void;
  readonly #ask: () => void;
  #response = "";

  /** `late` handles a call that has no output in time; `ask` asks the model for its response. */
  constructor(late: (callId: string) => void, ask: () => void) {
    this.#late = late;
    this.#ask = ask;
  }

  isDue(callId: string): boolean {
    return this.#groupOf(callId) !== undefined;
  }

  get due(): readonly string[] {
    return [...this.#groups.values()].flatMap(({ due }) => [...due]);
  }

  /** Returns the calls that this event is the first to mention. */
  hear(event: RealtimeEvent): readonly Called[] {
    if (event.type === "response.created") this.#response = text(fields(event.response).id) ?? "";
    const called = readCalls(event, this.#response).filter(({ callId }) => !this.#known.has(callId));
    for (const { callId, responseId } of called) this.#expect(responseId, callId);
    if (event.type === "response.done") this.#close(text(fields(event.response).id) ?? this.#response);
    if (event.type.startsWith("conversation.item.")) this.#noteOutput(fields(event.item), false);
    return called;
  }

  /** Takes what the page sends. */
  note(event: RealtimeEvent): void {
    this.#noteOutput(fields(event.item), true);
  }

  clear(): void {
    for (const { timer } of this.#groups.values()) clearTimeout(timer);
    this.#groups.clear();
    this.#known.clear();
  }

  #groupOf(callId: string): string | undefined {
    return [...this.#groups].find(([, { due }]) => due.has(callId))?.[0];
  }

  #expect(id: string, callId: string): void {
    const group = this.#groups.get(id) ?? { due: new Set<string>(), isThePages: false, isOver: false };
    this.#groups.set(id, group);
    this.#known.add(callId);
    group.due.add(callId);
    clearTimeout(group.timer);
    group.timer = setTimeout(() => this.#giveUp(id, group), ANSWER_MS);
  }

  #noteOutput({ type, call_id: callId }: Fields, isThePages: boolean): void {
    const id = typeof callId === "string" ? this.#groupOf(callId) : undefined;
    const group = this.#groups.get(id ?? "");
    if (type !== "function_call_output" || id === undefined || group === undefined) return;
    group.due.delete(String(callId));
    group.isThePages ||= isThePages;
    this.#finish(id, group);
  }

  #close(id: string): void {
    const group = this.#groups.get(id);
    if (group === undefined) return;
    group.isOver = true;
    this.#finish(id, group);
  }

  #giveUp(id: string, group: Group): void {
    for (const callId of [...group.due]) this.#late(callId);
    group.due.clear(); // others' too
    group.isOver = true;
    this.#finish(id, group);
  }

  #finish(id: string, group: Group): void {
    if (!group.isOver || group.due.size > 0 || !this.#groups.delete(id)) return;
    clearTimeout(group.timer);
    if (group.isThePages) this.#ask();
  }
}
