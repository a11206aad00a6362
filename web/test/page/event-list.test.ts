import { beforeEach, describe, expect, test } from "vitest";
import { eventLog, filterEntries, readEntry, typedEvent } from "../../src/page/event-filter.ts";
import { EventList, type Direction } from "../../src/page/event-list.ts";
import type { RealtimeEvent } from "../../src/protocol/events.ts";
import { encodeEntry } from "../../src/log/entries.ts";

const AT = new Date("2026-11-21T10:00:00Z");
let events: EventList;

beforeEach(() => {
  events = new EventList();
});

function add(direction: Direction, event: RealtimeEvent): void {
  events.add(direction, event, AT, encodeEntry(AT, direction, event));
}

function delta(item: string, words: string, type = "response.output_audio_transcript.delta"): RealtimeEvent {
  return { type, item_id: item, content_index: 0, delta: words };
}

function types(): string[] {
  return events.entries.map(({ type, times }) => (times > 1 ? `${type} × ${times}` : type));
}

describe("the list of events", () => {
  test("folds the deltas of an item into one entry with all their words", () => {
    for (const words of ["War", "m so", "me oil"]) add("server", delta("a", words));
    add("server", { type: "response.done" });
    expect(types()).toEqual(["response.output_audio_transcript.delta × 3", "response.done"]);
    expect(JSON.parse(readEntry(events.entries[0]!))).toMatchObject({ item_id: "a", delta: "Warm some oil" });
  });

  test("keeps the deltas of different items apart, however they are mixed", () => {
    const person = "conversation.item.input_audio_transcription.delta";
    for (const words of ["1", "2"]) {
      add("server", delta("a", words));
      add("server", delta("b", words));
      add("server", delta("u", words, person));
    }
    expect(events.entries.map(({ times, delta: words }) => [times, words])).toEqual([[2, "12"], [2, "12"], [2, "12"]]);
  });

  test("marks errors, failed calls and failed responses", () => {
    add("server", { type: "error", error: { message: "No such item" } });
    add("page", { type: "call.failed", detail: "offline" });
    add("server", { type: "response.done", response: { status: "failed" } });
    add("server", { type: "response.done", response: { status: "completed" } });
    expect(events.entries.map(({ isError, detail }) => [isError, detail])).toEqual([
      [true, "No such item"],
      [true, "offline"],
      [true, "failed"],
      [false, "completed"],
    ]);
  });

  test("never holds a secret, sound or a picture", () => {
    add("server", { type: "session.created", client_secret: { value: "ek_0123456789abcdef" } });
    add("client", { type: "input_audio_buffer.append", audio: "UklGR".repeat(1000) });
    add("client", { type: "conversation.item.create", item: { content: [{ image_url: `data:image/jpeg;base64,${"A".repeat(9000)}` }] } });
    const kept = JSON.stringify(events.entries);
    expect(kept).not.toMatch(/ek_0|UklGR|AAAA/);
    expect(kept.length).toBeLessThan(2_000);
  });

  test("lets the oldest go, and says how many, before it grows large", () => {
    const words = "x".repeat(2_000);
    for (let number = 0; number < 20_000; number += 1) add("server", { type: `e${number}`, words });
    const letters = events.entries.reduce((sum, { line }) => sum + line.length, 0);
    expect(letters).toBeLessThanOrEqual(5_000_000);
    expect(events.entries.length + events.dropped).toBe(20_000);
    expect(events.entries.at(-1)?.type).toBe("e19999");
    expect(new Set(events.entries.map(({ key }) => key)).size).toBe(events.entries.length);
  });

  test("is empty when it is cleared", () => {
    add("page", { type: "page.opened" });
    const before = events.version.value;
    events.clear();
    expect([events.entries.length, events.dropped, events.version.value > before]).toEqual([0, 0, true]);
  });
});

describe("the inspector shows", () => {
  beforeEach(() => {
    add("client", { type: "response.create" });
    add("server", { type: "response.done", response: { status: "completed", usage: { total_tokens: 253 } } });
    add("server", delta("a", "Once upon "));
    add("server", delta("a", "a time"));
    add("server", { type: "error", error: { message: "No such item" } });
    add("page", { type: "call.ended", detail: "person" });
  });

  test.each([
    ["all", "", 5],
    ["client", "", 1],
    ["server", "", 3],
    ["page", "", 1],
    ["errors", "", 1],
    ["all", "TOTAL_tokens", 1],
    ["all", "item such", 1],
    ["all", "upon a time", 1],
    ["server", "person", 0],
    ["all", "   ", 5],
  ] as const)("%s with %j: %i", (shown, search, count) => {
    expect(filterEntries(events.entries, shown, search)).toHaveLength(count);
  });

  test("the log as lines that can be read again, folded deltas with their number", () => {
    const lines = eventLog(events.entries).trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toHaveLength(5);
    expect(lines[0]).toEqual({ at: AT.toISOString(), direction: "client", event: { type: "response.create" } });
    expect(lines[2]).toMatchObject({ times: 2, event: { delta: "Once upon a time" } });
  });
});

test.each([
  ['{"type": "response.create"}', { type: "response.create" }],
  ['{"type": ""}', undefined],
  ['["type"]', undefined],
  ["{", undefined],
  ["null", undefined],
])("typed %s is the event %j", (json, event) => {
  expect(typedEvent(json)).toEqual(event);
});
