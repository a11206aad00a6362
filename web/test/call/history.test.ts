import { expect, test } from "vitest";
import type { RealtimeEvent } from "../../src/protocol/events.ts";
import { isUnanswered, noHistory, remember, retell, type History } from "../../src/call/history.ts";
import { cutOff } from "../../src/readings/captions.ts";
import { interruption, unheardTurn } from "../../src/call/prompts.ts";

function after(...events: RealtimeEvent[]): History {
  return events.reduce(remember, noHistory);
}

function added(id: string, role: string, text?: string, previous?: string): RealtimeEvent {
  const content = text === undefined ? [{ type: "input_audio", transcript: null }] : [{ type: "input_text", text }];
  return { type: "conversation.item.added", previous_item_id: previous ?? null, item: { id, type: "message", role, content } };
}

function told(history: History): unknown[] {
  return retell(history, interruption)
    .slice(0, -1)
    .map(({ item }) => item)
    .map((item) => {
      const { id, role, content } = item as { id?: string; role: string; content: { type: string; text: string }[] };
      return [id ?? "", role, ...content.map(({ type, text }) => `${type}: ${text}`)];
    });
}

test("both sides are told again as text, in their order", () => {
  const history = after(
    added("one", "user"),
    added("two", "assistant", ""),
    { type: "response.output_audio_transcript.delta", item_id: "two", delta: "Good " },
    { type: "conversation.item.input_audio_transcription.completed", item_id: "one", transcript: "Hello." },
    { type: "response.output_audio_transcript.done", item_id: "two", transcript: "Good morning." },
    { type: "conversation.item.done", item: { id: "two", type: "message", role: "assistant", content: [{ type: "output_audio", transcript: "Good morning." }] } },
    added("three", "user", "Typed", "two"),
  );
  expect(told(history)).toEqual([
    ["one", "user", "input_text: Hello."],
    ["two", "assistant", "output_text: Good morning."],
    ["three", "user", "input_text: Typed"],
  ]);
  expect(isUnanswered(history)).toBe(true);
});

test("an answer that was cut is told as far as it had come, and that it was cut", () => {
  const delta = { type: "response.output_audio_transcript.delta", item_id: "one" };
  const history = cutOff(after(added("one", "assistant"), { ...delta, delta: "Once " }, { ...delta, delta: "upon" }));
  expect(told(history)).toEqual([["one", "assistant", "output_text: Once upon (interrupted)"]]);
  expect(isUnanswered(history)).toBe(false);
});

test("an answer that the person interrupted is told as interrupted, without what came too late to be heard", () => {
  const history = after(
    added("one", "assistant", ""),
    { type: "response.output_audio_transcript.delta", item_id: "one", delta: "Once upon" },
    { type: "conversation.item.truncated", item_id: "one", content_index: 0, audio_end_ms: 600 },
    { type: "response.output_audio_transcript.done", item_id: "one", transcript: "Once upon a time there was a lighthouse." },
  );
  expect(told(cutOff(history))).toEqual([["one", "assistant", "output_text: Once upon (interrupted)"]]);
});

test("an answer that was too long, or filtered, is told as cut short", () => {
  const done = { id: "resp_1", status: "incomplete", status_details: { reason: "max_output_tokens" }, output: [{ id: "one" }] };
  const history = after(added("one", "assistant", "So it was"), { type: "response.done", response: done });
  expect(told(history)).toEqual([["one", "assistant", "output_text: So it was (cut short)"]]);
});

test("a spoken turn whose words never came is told as not understood, in its place, and still waits for an answer", () => {
  const unheard = ["", "system", `input_text: ${unheardTurn}`];
  const spoken = { type: "input_audio_buffer.committed", item_id: "two", previous_item_id: "one" };
  const history = cutOff(after(added("one", "assistant", "Hello."), spoken, added("two", "user", undefined, "one")));
  expect(told(history)).toEqual([["one", "assistant", "output_text: Hello."], unheard]);
  expect(isUnanswered(history)).toBe(true);
  const answered = cutOff(after(added("two", "user"), added("three", "assistant", "It is noon.", "two")));
  expect(told(answered)).toEqual([unheard, ["three", "assistant", "output_text: It is noon."]]);
  expect(isUnanswered(answered)).toBe(false);
});

test("what has no words, is deleted, or is no message is left out", () => {
  const history = after(
    added("greeting", "system", "Greet the person."),
    added("noise", "user"),
    added("gone", "user", "Forget this"),
    { type: "conversation.item.deleted", item_id: "gone" },
    { type: "conversation.item.added", item: { id: "call", type: "function_call", name: "weather" } },
    { type: "conversation.item.added", item: 7 },
    { type: "response.output_text.done", text: "?" },
  );
  expect(retell(history, interruption)).toEqual([]);
});

test("of a long conversation the newest part is told, each event within the data channel's limit", () => {
  const many = Array.from({ length: 1000 }, (_, at) => added(`item_${at}`, "user", `${at} ${"漢".repeat(300)}`));
  const events = retell(after(...many), interruption);
  expect(events.length).toBeLessThanOrEqual(201);
  expect(JSON.stringify(events)).toContain("item_999");
  expect(JSON.stringify(events).length).toBeLessThan(80_000);
  const [huge] = retell(after(added("huge", "user", "漢".repeat(50_000))), interruption);
  expect(new TextEncoder().encode(JSON.stringify(huge)).length).toBeLessThan(60_000);
});

test("typed words are known when they are sent, and once when the session tells that it has them", () => {
  const typed = { ...added("typed_1", "user", "Hello"), type: "conversation.item.create" };
  const answer = added("two", "assistant", "Good day", "typed_1");
  for (const events of [[typed], [typed, added("typed_1", "user", "Hello")]]) {
    expect(told(after(...events, answer))).toEqual([
      ["typed_1", "user", "input_text: Hello"],
      ["two", "assistant", "output_text: Good day"],
    ]);
  }
});
