import { describe, expect, test } from "vitest";
import { words } from "../../src/readings/caption.ts";
import { cutOff, noCaptions, readEvent, shownCaptions } from "../../src/readings/captions.ts";
import type { RealtimeEvent } from "../../src/protocol/events.ts";

/** What a person reads after these events: speaker, words, and why it is not complete. */
function read(...events: RealtimeEvent[]): string[] {
  const captions = events.reduce((captions, event) => readEvent(captions, event), noCaptions);
  return shownCaptions(captions).map((item) => [item.speaker, words(item), item.mark].filter(Boolean).join(": "));
}

function added(id: string, role: string, previous: string | null = null, content: unknown[] = []): RealtimeEvent {
  const item = { id, type: "message", role, content };
  return { type: "conversation.item.added", item, previous_item_id: previous };
}

function heard(id: string, transcript: string): RealtimeEvent {
  const type = "conversation.item.input_audio_transcription.completed";
  return { type, item_id: id, content_index: 0, transcript };
}

function spoken(id: string, delta: string): RealtimeEvent {
  return { type: "response.output_audio_transcript.delta", item_id: id, content_index: 0, delta };
}

function written(id: string, response: string): RealtimeEvent {
  return { type: "response.output_item.added", response_id: response, item: { id } };
}

function finished(status: string, details: unknown = null): RealtimeEvent {
  return { type: "response.done", response: { id: "resp_1", status, status_details: details } };
}

describe("the conversation read from server events", () => {
  test("grows with the deltas of both sides", () => {
    const delta = { type: "conversation.item.input_audio_transcription.delta", item_id: "u", delta: "Good" };
    expect(read(added("u", "user"), delta, { ...delta, delta: " day" })).toEqual(["person: Good day"]);
    expect(read(added("a", "assistant"), spoken("a", "Hel"), spoken("a", "lo"))).toEqual(["agent: Hello"]);
  });

  test("takes the final transcript over its deltas", () => {
    const done = { type: "response.output_audio_transcript.done", item_id: "a", content_index: 0, transcript: "Hello." };
    expect(read(added("a", "assistant"), spoken("a", "Helo"), done)).toEqual(["agent: Hello."]);
  });

  test("shows written answers as well as spoken ones", () => {
    const delta = { type: "response.output_text.delta", item_id: "a", content_index: 0, delta: "Hi" };
    const done = { type: "response.output_text.done", item_id: "a", content_index: 0, text: "Hi!" };
    expect(read(added("a", "assistant"), delta, done)).toEqual(["agent: Hi!"]);
  });

  test("joins the parts of one item in their order", () => {
    const second = { ...spoken("a", "two"), content_index: 1 };
    expect(read(added("a", "assistant"), second, spoken("a", "one"))).toEqual(["agent: one two"]);
  });

  test("orders items by the one they follow, not by arrival", () => {
    const events = [added("a1", "assistant"), added("a2", "assistant", "u1"), added("u1", "user", "a1")];
    const said = [spoken("a1", "Hello"), spoken("a2", "It is noon"), heard("u1", "What time is it?")];
    const later = added("a2", "assistant", "u1");
    expect(read(...events, later, ...said)).toEqual(["agent: Hello", "person: What time is it?", "agent: It is noon"]);
  });

  test("keeps the place of a question whose transcript comes after the answer", () => {
    const events = [added("u", "user"), added("a", "assistant", "u"), spoken("a", "At noon."), heard("u", "When?")];
    expect(read(...events)).toEqual(["person: When?", "agent: At noon."]);
  });

  test("shows typed words once, however often the item is repeated", () => {
    const typed = added("u", "user", null, [{ type: "input_text", text: "Hi" }]);
    expect(read(typed, { ...typed, type: "conversation.item.done" })).toEqual(["person: Hi"]);
  });

  test("hides the greeting's order, what a tool answered and items without words", () => {
    const system = added("s", "system", null, [{ type: "input_text", text: "Greet the person." }]);
    const output = { type: "conversation.item.added", item: { id: "f", type: "function_call_output" }, previous_item_id: "s" };
    expect(read(system, output, added("u", "user", "f"))).toEqual([]);
  });

  test.each([
    ["function_call", "get_weather", { kind: "tool", name: "get_weather" }],
    ["mcp_call", "search", { kind: "tool", name: "search" }],
    ["function_call", "transfer_to_Travel_desk", { kind: "handoff", name: "Travel desk" }],
    ["function_call", "transfer_to_assistant", { kind: "handoff", name: "Assistant" }],
  ])("tells of a %s named %s in a line of its own", (type, name, act) => {
    const item = { id: "f", type, name, arguments: "{}", status: "in_progress" };
    const captions = readEvent(noCaptions, { type: "conversation.item.added", item, previous_item_id: null });
    expect(shownCaptions(captions)).toMatchObject([{ act, isDone: true }]);
  });

  test("shows that a picture was shown, alone or with words", () => {
    const picture = { type: "input_image", image_url: "data:image/jpeg;base64,AAAA" };
    const events = [added("p", "user", null, [picture]), added("q", "user", "p", [{ type: "input_text", text: "And this?" }, picture])];
    const captions = events.reduce((before, event) => readEvent(before, event), noCaptions);
    expect(shownCaptions(captions)).toMatchObject([{ hasPicture: true, parts: {} }, { hasPicture: true, parts: { 0: "And this?" } }]);
    expect(JSON.stringify(captions)).not.toContain("base64");
  });

  test("notes when an item began and which agent had the call, whatever comes later", () => {
    const begun = readEvent(noCaptions, added("a", "assistant"), { at: 1000, agent: "Guide" });
    const later = readEvent(begun, spoken("a", "Hello"), { at: 2000, agent: "Clerk" });
    expect(later.items).toMatchObject([{ at: 1000, agent: "Guide", parts: { 0: "Hello" } }]);
  });

  test("leaves no item waiting when the connection is lost", () => {
    const events = [heard("u", "When?"), added("v", "user", "u"), added("a", "assistant", "v"), spoken("a", "At")];
    const captions = cutOff(events.reduce((before, event) => readEvent(before, event), noCaptions));
    expect(captions.items.map(({ isDone, mark }) => [isDone, mark])).toEqual([[true, undefined], [true, "not_understood"], [true, "interrupted"]]);
  });

  describe("when the connection is lost", () => {
    const cut = (...events: RealtimeEvent[]) => {
      const captions = cutOff(events.reduce((before, event) => readEvent(before, event), noCaptions));
      return shownCaptions(captions).map((item) => [item.speaker, words(item), item.mark].filter(Boolean).join(": "));
    };
    const whole = { type: "response.output_audio_transcript.done", item_id: "a", content_index: 0, transcript: "Once upon a time." };
    const started = { type: "output_audio_buffer.started", response_id: "resp_1" };

    test("an answer that was being played was not heard to its end, although all its words were there", () => {
      const events = [added("a", "assistant"), written("a", "resp_1"), started, whole, finished("completed")];
      expect(cut(...events)).toEqual(["agent: Once upon a time.: interrupted"]);
      expect(cut(...events, { type: "output_audio_buffer.stopped", response_id: "resp_1" })).toEqual(["agent: Once upon a time."]);
    });

    test("a spoken turn whose words had not come was not understood", () => {
      expect(cut({ type: "input_audio_buffer.committed", item_id: "u", previous_item_id: null })).toEqual(["person: not_understood"]);
      expect(cut(added("u", "user"))).toEqual(["person: not_understood"]);
    });

    test("nor was a sentence in the middle of which it happened", () => {
      const speaks = { type: "input_audio_buffer.speech_started", item_id: "u", audio_start_ms: 0 };
      expect(cut(speaks)).toEqual(["person: not_understood"]);
      expect(cut(speaks, { type: "input_audio_buffer.cleared" })).toEqual([]);
    });

    test("a turn in which nothing was said stays out of sight", () => {
      expect(cut(added("u", "user"), heard("u", ""))).toEqual([]);
    });
  });

  test("shows nothing twice when a new session is told the same items", () => {
    const told = added("a", "assistant", null, [{ type: "output_text", text: "At noon." }]);
    expect(read(heard("u", "When?"), added("a", "assistant", "u"), spoken("a", "At noon."), told)).toEqual([
      "person: When?",
      "agent: At noon.",
    ]);
  });

  test("keeps a handoff, and a tool, before what is said after it in the next session", () => {
    const typed = (id: string, previous: string | null) => added(id, "user", previous, [{ type: "input_text", text: id }]);
    const called = (id: string, name: string, previous: string): RealtimeEvent => {
      return { type: "conversation.item.added", item: { id, type: "function_call", name }, previous_item_id: previous };
    };
    const before = [typed("q", null), called("f", "weather", "q"), added("a", "assistant", "f"), spoken("a", "Rain."), typed("r", "a"), called("h", "transfer_to_guide", "r")];
    const retold = [typed("q", null), added("a", "assistant", "q"), typed("r", "a"), added("s", "system", "r")];
    const events = [...before, ...retold, added("b", "assistant", "s"), spoken("b", "Hello.")];
    const captions = events.reduce((read, event) => readEvent(read, event), noCaptions);
    expect(shownCaptions(captions).map(({ id }) => id)).toEqual(["q", "f", "a", "r", "h", "b"]);
  });

  test("marks what was interrupted and keeps the words it had", () => {
    const cut = { type: "conversation.item.truncated", item_id: "a", content_index: 0, audio_end_ms: 300 };
    expect(read(added("a", "assistant"), spoken("a", "Once upon"), cut, spoken("a", " a time"))).toEqual([
      "agent: Once upon: interrupted",
    ]);
  });

  test.each([
    ["a cancelled response", finished("cancelled", { type: "cancelled", reason: "turn_detected" })],
    ["cleared audio", { type: "output_audio_buffer.cleared", response_id: "resp_1" }],
  ])("marks the item of %s", (_, event) => {
    const events = [added("a", "assistant"), written("a", "resp_1"), spoken("a", "Once"), event];
    expect(read(...events)).toEqual(["agent: Once: interrupted"]);
  });

  test("leaves the items of other responses alone", () => {
    const cleared = { type: "output_audio_buffer.cleared", response_id: "resp_2" };
    expect(read(added("a", "assistant"), written("a", "resp_1"), spoken("a", "Once"), cleared)).toEqual(["agent: Once"]);
  });

  test("says that a turn was not understood", () => {
    const failed = { type: "conversation.item.input_audio_transcription.failed", item_id: "u", error: {} };
    expect(read(added("u", "user"), failed)).toEqual(["person: not_understood"]);
  });

  test("says that a response failed, and why", () => {
    const details = { error: { code: "insufficient_quota", message: "You exceeded your quota." } };
    const captions = [finished("failed", details)].reduce((captions, event) => readEvent(captions, event), noCaptions);
    expect(captions.items[0]).toMatchObject({ speaker: "agent", mark: "failed", detail: "You exceeded your quota." });
  });

  test.each([
    ["max_output_tokens", "too_long"],
    ["content_filter", "filtered"],
    [undefined, "cut_short"],
    ["constructor", "cut_short"],
  ])("says why a response was cut short: %s", (reason, mark) => {
    const events = [added("a", "assistant"), written("a", "resp_1"), spoken("a", "So"), finished("incomplete", { type: "incomplete", reason })];
    expect(read(...events)).toEqual([`agent: So: ${mark}`]);
  });

  test("knows what a response wrote by its end alone", () => {
    const { response } = finished("cancelled") as RealtimeEvent & { response: object };
    const event = { type: "response.done", response: { ...response, output: [{ id: "a", type: "message" }] } };
    expect(read(added("a", "assistant"), spoken("a", "Once"), event)).toEqual(["agent: Once: interrupted"]);
  });

  test("marks what is being played when the server does not say what it cleared", () => {
    const events = [added("a", "assistant"), written("a", "resp_1"), spoken("a", "Once"), { type: "output_audio_buffer.started", response_id: "resp_1" }];
    expect(read(...events, { type: "output_audio_buffer.cleared" })).toEqual(["agent: Once: interrupted"]);
  });

  test("forgets a deleted item", () => {
    expect(read(heard("u", "Hi"), { type: "conversation.item.deleted", item_id: "u" })).toEqual([]);
  });

  test("bounds what it keeps of one item", () => {
    expect(read(heard("u", "x".repeat(1_000_000)))[0]).toHaveLength("person: ".length + 20_000);
  });
});

test.each<RealtimeEvent>([
  { type: "constructor" },
  { type: "__proto__" },
  { type: "conversation.item.added" },
  { type: "conversation.item.added", item: null },
  { type: "conversation.item.added", item: { id: 7 } },
  { type: "conversation.item.added", item: { id: "x", type: "message", role: "user", content: [null, 3, "x"] } },
  { type: "response.output_audio_transcript.delta" },
  { type: "response.output_audio_transcript.delta", item_id: "__proto__", content_index: "NaN", delta: {} },
  { type: "response.done", response: 1 },
  { type: "output_audio_buffer.cleared" },
])("an event of another shape is read without harm: %j", (event) => {
  expect(shownCaptions(readEvent(noCaptions, event))).toEqual([]);
});
