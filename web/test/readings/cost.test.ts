import { describe, expect, test } from "vitest";
import { noCost, type CallCost } from "../../src/readings/call-cost.ts";
import { isPriced, readCost, usageCost } from "../../src/readings/cost.ts";
import type { RealtimeEvent } from "../../src/protocol/events.ts";
import { pricesOf } from "../../src/readings/prices.ts";

/** OpenAI's own example of a usage object. */
const USAGE = {
  total_tokens: 253,
  input_tokens: 132,
  output_tokens: 121,
  input_token_details: {
    text_tokens: 119,
    audio_tokens: 13,
    image_tokens: 0,
    cached_tokens: 64,
    cached_tokens_details: { text_tokens: 64, audio_tokens: 0, image_tokens: 0 },
  },
  output_token_details: { text_tokens: 30, audio_tokens: 91 },
};

function after(...events: RealtimeEvent[]): CallCost {
  return events.reduce(readCost, noCost);
}

function created(model: string): RealtimeEvent {
  const transcription = { model: "gpt-transcribe" };
  return { type: "session.created", session: { model, audio: { input: { transcription } } } };
}

function done(usage: unknown): RealtimeEvent {
  return { type: "response.done", response: { status: "completed", usage } };
}

test.each([
  ["gpt-realtime-2.1", 0.0072056],
  ["gpt-realtime-2.1-mini", 0.00205884],
])("a response of %s costs what was reckoned by hand: cached tokens are part of the input", (model, usd) => {
  expect(usageCost(USAGE, pricesOf(model)).usd).toBeCloseTo(usd, 10);
});

test("is told by modality, and the modalities make the sum", () => {
  const { text, audio, image, usd } = usageCost(USAGE, pricesOf("gpt-realtime-2.1"));
  expect([text.input, text.cached, text.output]).toEqual([55, 64, 30]);
  expect([audio.input, audio.cached, audio.output]).toEqual([13, 0, 91]);
  expect(text.usd + audio.usd + image.usd).toBeCloseTo(usd, 12);
});

describe("a call", () => {
  test("costs the sum of its turns, and each is there", () => {
    const cost = after(created("gpt-realtime-2.1"), done(USAGE), done(USAGE));
    expect(cost.total.usd).toBeCloseTo(2 * 0.0072056, 10);
    expect(cost.last?.usd).toBeCloseTo(0.0072056, 10);
    expect(cost.turns).toHaveLength(2);
    expect(cost.total.audio.output).toBe(182);
  });

  test("costs its transcription by the minute as well", () => {
    const type = "conversation.item.input_audio_transcription.completed";
    const cost = after(created("gpt-realtime-2.1"), { type, usage: { type: "duration", seconds: 60 } });
    expect(cost.total.transcriptionUsd).toBeCloseTo(0.0045, 10);
    expect(cost.total.usd).toBeCloseTo(0.0045, 10);
  });

  test("of a dated model costs what the model costs; of an unknown one there are tokens and no money", () => {
    expect(after(created("gpt-realtime-2025-08-28"), done(USAGE)).total.usd).toBeGreaterThan(0);
    const unknown = after(created("gpt-next"), done(USAGE));
    expect([isPriced(unknown), unknown.total.usd, unknown.total.audio.output]).toEqual([false, 0, 91]);
  });

  test("keeps its sum when it is connected again", () => {
    expect(after(created("gpt-realtime-2.1"), done(USAGE), created("gpt-realtime-2.1")).total.usd).toBeGreaterThan(0);
  });

  test("keeps no more than sixty turns to draw", () => {
    expect(after(created("gpt-realtime-2.1"), ...Array.from({ length: 100 }, () => done(USAGE))).turns).toHaveLength(60);
  });
});

test.each([
  null,
  {},
  { input_token_details: null },
  { input_token_details: { text_tokens: "x", audio_tokens: -5, image_tokens: NaN } },
  { input_token_details: { cached_tokens: 64 } },
  { output_token_details: [] },
])("a usage of another shape costs nothing: %j", (usage) => {
  expect(after(created("gpt-realtime-2.1"), done(usage)).total.usd).toBe(0);
});

test("more cached tokens than there are tokens make no negative cost", () => {
  const usage = { input_token_details: { text_tokens: 10, cached_tokens_details: { text_tokens: 99 } } };
  expect(usageCost(usage, pricesOf("gpt-realtime-2.1")).text).toMatchObject({ input: 0, cached: 10 });
});
