/** How long the person waits for a sound, measured by events: from the tap, and after each spoken turn. Pure. */

import type { Direction } from "../page/event-list.ts";
import type { RealtimeEvent } from "../protocol/events.ts";

export interface Latency {
  /** Milliseconds from the tap to the first sound of the call. */
  readonly firstSound: number | undefined;
  /** Milliseconds from the end of speech to the first sound of the answer, one a turn; the newest at the end. */
  readonly answers: readonly number[];
  readonly waiting: Waiting | undefined;
}

interface Waiting {
  readonly for: "first" | "answer";
  /** On the clock of `performance.now()`. */
  readonly since: number;
  readonly isAnswering: boolean;
}

export const noLatency: Latency = { firstSound: undefined, answers: [], waiting: undefined };

const TURNS = 30;

/** The call was tapped at this time. */
export function tapped(at: number): Latency {
  return { ...noLatency, waiting: { for: "first", since: at, isAnswering: false } };
}

/**
 * After one more event. The end of speech is when turn detection says so; where the person says it themselves, by
 * releasing the button or asking for an answer, it is that. A tool that is called in between is part of the wait.
 */
export function readLatency(latency: Latency, direction: Direction, event: RealtimeEvent, at: number): Latency {
  const { waiting } = latency;
  switch (`${direction} ${event.type}`) {
    case "server input_audio_buffer.speech_started":
      return { ...latency, waiting: undefined };
    case "server input_audio_buffer.speech_stopped":
    case "client input_audio_buffer.commit":
      return { ...latency, waiting: { for: "answer", since: at, isAnswering: false } };
    case "server response.created":
      return waiting === undefined ? latency : { ...latency, waiting: { ...waiting, isAnswering: true } };
    case "client response.create":
      if (waiting?.for !== "answer" || waiting.isAnswering) return latency;
      return { ...latency, waiting: { ...waiting, since: at } };
    case "server output_audio_buffer.started":
      return waiting === undefined ? latency : heard(latency, waiting, at - waiting.since);
    default:
      return latency;
  }
}

function heard(latency: Latency, waiting: Waiting, milliseconds: number): Latency {
  if (waiting.for === "first") return { ...latency, firstSound: milliseconds, waiting: undefined };
  return { ...latency, answers: [...latency.answers.slice(1 - TURNS), milliseconds], waiting: undefined };
}

/** The middle one of these; undefined of none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
