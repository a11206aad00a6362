/** Who is speaking right now, from server events; what the big button shows. Pure. */

import type { RealtimeEvent } from "../protocol/events.ts";

export type Voice = "quiet" | "person" | "thinking" | "agent";

const AFTER = new Map<string, Voice>([
  ["input_audio_buffer.speech_started", "person"],
  ["input_audio_buffer.speech_stopped", "thinking"],
  ["output_audio_buffer.started", "agent"],
  ["output_audio_buffer.stopped", "quiet"],
  ["output_audio_buffer.cleared", "quiet"],
]);

export function hearVoice(voice: Voice, event: RealtimeEvent): Voice {
  if (event.type === "output_audio_buffer.cleared" && voice === "person") return voice; // the barge-in goes on
  return AFTER.get(event.type) ?? voice;
}
