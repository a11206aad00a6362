import { expect, test } from "vitest";
import type { Direction } from "../../src/page/event-list.ts";
import { median, readLatency, tapped, type Latency } from "../../src/readings/latency.ts";

type Step = readonly [at: number, direction: Direction, type: string];

function after(...steps: Step[]): Latency {
  return steps.reduce((latency, [at, direction, type]) => readLatency(latency, direction, { type }, at), tapped(1000));
}

const greeting: Step[] = [
  [1400, "client", "response.create"],
  [1500, "server", "response.created"],
  [1640, "server", "output_audio_buffer.started"],
];

test("the first sound is counted from the tap", () => {
  expect(after(...greeting)).toMatchObject({ firstSound: 640, answers: [] });
});

test("an answer is counted from the end of speech to its first sound", () => {
  const turn: Step[] = [
    [3000, "server", "input_audio_buffer.speech_started"],
    [5000, "server", "input_audio_buffer.speech_stopped"],
    [5200, "server", "response.created"],
    [5700, "server", "output_audio_buffer.started"],
  ];
  expect(after(...greeting, ...turn).answers).toEqual([700]);
});

test("a tool in between is part of the wait", () => {
  const turn: Step[] = [
    [5000, "server", "input_audio_buffer.speech_stopped"],
    [5200, "server", "response.created"],
    [5600, "client", "response.create"],
    [6400, "server", "output_audio_buffer.started"],
  ];
  expect(after(...greeting, ...turn).answers).toEqual([1400]);
});

test("who asks for the answer waits from then on, not from the pause before", () => {
  const turn: Step[] = [
    [5000, "server", "input_audio_buffer.speech_stopped"],
    [9000, "client", "response.create"],
    [9100, "server", "response.created"],
    [9300, "server", "output_audio_buffer.started"],
  ];
  expect(after(...greeting, ...turn).answers).toEqual([300]);
});

test("who lets go of the button waits from then on", () => {
  const turn: Step[] = [
    [5000, "client", "input_audio_buffer.commit"],
    [5010, "client", "response.create"],
    [5400, "server", "output_audio_buffer.started"],
  ];
  expect(after(...greeting, ...turn).answers).toEqual([390]);
});

test("who goes on speaking waits anew", () => {
  const turn: Step[] = [
    [5000, "server", "input_audio_buffer.speech_stopped"],
    [5300, "server", "input_audio_buffer.speech_started"],
    [7000, "server", "input_audio_buffer.speech_stopped"],
    [7500, "server", "output_audio_buffer.started"],
  ];
  expect(after(...greeting, ...turn).answers).toEqual([500]);
});

test("an answer to typed words is no spoken turn", () => {
  expect(after(...greeting, [5000, "client", "response.create"], [5300, "server", "output_audio_buffer.started"]).answers).toEqual([]);
});

test("thirty turns are kept", () => {
  const turns = Array.from({ length: 50 }, (_, at): Step[] => [
    [at * 10_000, "server", "input_audio_buffer.speech_stopped"],
    [at * 10_000 + at, "server", "output_audio_buffer.started"],
  ]);
  expect(after(...greeting, ...turns.flat()).answers).toEqual(Array.from({ length: 30 }, (_, at) => at + 20));
});

test.each([
  [[], undefined],
  [[7], 7],
  [[9, 1, 5], 5],
  [[4, 1, 2, 9], 3],
])("the middle of %j is %s", (values, expected) => {
  expect(median(values)).toBe(expected);
});
