/** One event as one line of NDJSON, without what is not for the log, and never longer than a batch takes. Pure. */

import type { Direction } from "../page/event-list.ts";
import type { RealtimeEvent } from "../protocol/events.ts";
import { withoutSecrets } from "../protocol/secrets.ts";

const STRING_BYTES = 8_000; // the server's limit is 8 KiB
const LEVELS = 12; // the server's limit is 16, counted from the line itself
export const ENTRY_BYTES = 32_768;

const encoder = new TextEncoder();

/** The line for an event, without the line end. */
export function encodeEntry(at: Date, direction: Direction, event: RealtimeEvent): string {
  const line = (logged: unknown) => JSON.stringify({ at: at.toISOString(), direction, event: logged });
  const entry = line(clean(event, "", LEVELS));
  const bytes = byteLength(entry);
  if (bytes <= ENTRY_BYTES) return entry;
  return line({ type: clean(event.type, "", 1), left_out: `${bytes} bytes` });
}

export function byteLength(words: string): number {
  return encoder.encode(words).length;
}

function clean(value: unknown, key: string, levels: number): unknown {
  if (typeof value === "string") return cleanText(value, key);
  if (typeof value !== "object" || value === null) return value;
  if (levels === 0) return "[too deep]";
  if (Array.isArray(value)) return value.map((part) => clean(part, key, levels - 1));
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, clean(part, name, levels - 1)]));
}

// Sound and pictures are large; instructions are the owner's, who has them in the agent's file.
const LEFT_OUT = new Set(["audio", "image_url", "instructions"]);

function cleanText(words: string, key: string): string {
  if (LEFT_OUT.has(key) || words.startsWith("data:")) return `[${words.length} letters left out]`;
  return shorten(withoutSecrets(words.toWellFormed()));
}

function shorten(words: string): string {
  if (words.length * 3 <= STRING_BYTES) return words; // a UTF-16 unit is at most three bytes of UTF-8
  const bytes = encoder.encode(words);
  if (bytes.length <= STRING_BYTES) return words;
  const kept = new TextDecoder().decode(bytes.subarray(0, STRING_BYTES - 40)).replace(/\uFFFD+$/, "");
  return `${kept}… [${bytes.length} bytes in all]`;
}
