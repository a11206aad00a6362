import { expect, test } from "vitest";
import { hearVoice, type Voice } from "../../src/readings/voice.ts";

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
