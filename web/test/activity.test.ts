import { expect, test } from "vitest";
import { addActivity, type ActivityLine, type Direction } from "../src/activity.ts";
import type { RealtimeEvent } from "../src/events.ts";
import { hearVoice, type Voice } from "../src/voice.ts";

const AT = new Date("2026-11-21T10:00:00Z");

function after(...events: [Direction, RealtimeEvent][]): readonly ActivityLine[] {
  return events.reduce<readonly ActivityLine[]>((lines, [side, event]) => addActivity(lines, side, event, AT), []);
}

test("a run of deltas is one line with a count", () => {
  const delta: [Direction, RealtimeEvent] = ["server", { type: "response.output_text.delta" }];
  const lines = after(delta, delta, delta, ["server", { type: "response.done" }]);
  expect(lines.map(({ type, times }) => [type, times])).toEqual([
    ["response.output_text.delta", 3],
    ["response.done", 1],
  ]);
});

test("an error is marked and told in its own words", () => {
  const [line] = after(["server", { type: "error", error: { message: "No such item" } }]);
  expect(line).toMatchObject({ isError: true, detail: "No such item" });
});

test("the oldest lines go when the list is full", () => {
  const lines = after(...Array.from({ length: 1000 }, (_, at): [Direction, RealtimeEvent] => ["page", { type: `e${at}` }]));
  expect(lines).toHaveLength(300);
  expect(lines.at(-1)?.type).toBe("e999");
  expect(new Set(lines.map(({ key }) => key)).size).toBe(300);
});

test.each<[Voice, string, Voice]>([
  ["quiet", "input_audio_buffer.speech_started", "person"],
  ["person", "input_audio_buffer.speech_stopped", "thinking"],
  ["thinking", "output_audio_buffer.started", "agent"],
  ["agent", "output_audio_buffer.stopped", "quiet"],
  ["agent", "output_audio_buffer.cleared", "quiet"],
  ["person", "output_audio_buffer.cleared", "person"],
  ["agent", "response.done", "agent"],
  ["quiet", "toString", "quiet"],
])("%s, then %s: %s", (voice, type, expected) => {
  expect(hearVoice(voice, { type })).toBe(expected);
});
