/** The activity list: what happened, one line each, runs of the same event folded. Pure. */

import { fields, text, type RealtimeEvent } from "./events.ts";

export type Direction = "client" | "server" | "page";

export interface ActivityLine {
  readonly key: number;
  readonly at: Date;
  readonly direction: Direction;
  readonly type: string;
  readonly detail: string;
  readonly times: number;
  readonly isError: boolean;
}

const LINES = 300;
const DETAIL_LETTERS = 160;

/** The list with one more event; the oldest lines go when it is full. */
export function addActivity(
  lines: readonly ActivityLine[],
  direction: Direction,
  event: RealtimeEvent,
  at: Date,
): readonly ActivityLine[] {
  const last = lines.at(-1);
  const detail = describe(event);
  if (last?.type === event.type && last.direction === direction && event.type.endsWith(".delta")) {
    return lines.with(-1, { ...last, times: last.times + 1 });
  }
  const isError = event.type === "error" || event.type === "call.failed";
  const line = { key: (last?.key ?? 0) + 1, at, direction, type: event.type, detail, times: 1, isError };
  return [...lines.slice(1 - LINES), line];
}

function describe(event: RealtimeEvent): string {
  const { status } = fields(event.response);
  const detail =
    text(event.detail) ?? text(event.transcript) ?? text(event.text) ?? text(fields(event.error).message) ?? text(status);
  return (detail ?? "").slice(0, DETAIL_LETTERS);
}
