/** Whose turn it is, as the person wants it: told to the session by changing its turn detection and nothing else. */

import { fields, type Fields, type RealtimeEvent } from "./events.ts";

/** Hands-free: the agent answers each pause. Push-to-talk: it hears only while held. On request: it hears, and waits. */
export type TurnMode = "hands_free" | "push_to_talk" | "on_request";

export class TurnTaking {
  readonly #send: (event: RealtimeEvent) => void;
  /** The agent's own turn detection, as the session first told it. */
  #own: Fields | undefined;
  #wanted: TurnMode = "hands_free";
  #told: TurnMode = "hands_free";
  #isSpeaking = false;
  #isAnswerDue = false;

  readonly #ask: () => void;

  constructor(send: (event: RealtimeEvent) => void, ask: () => void) {
    this.#send = send;
    this.#ask = ask;
  }

  take(mode: TurnMode): void {
    this.#wanted = mode;
    this.#tell();
  }

  /** Answers now, or when the sentence that is being said is complete. */
  answer(): void {
    this.#isAnswerDue = this.#isSpeaking;
    if (!this.#isSpeaking) this.#ask();
  }

  hear(event: RealtimeEvent): void {
    if (event.type === "session.created") this.#learn(event);
    if (event.type === "input_audio_buffer.speech_started") this.#isSpeaking = true;
    if (event.type === "input_audio_buffer.committed") this.#hearEnd();
  }

  #hearEnd(): void {
    this.#isSpeaking = false;
    if (this.#isAnswerDue) this.#ask();
    this.#isAnswerDue = false;
  }

  #learn(event: RealtimeEvent): void {
    this.#own ??= fields(fields(fields(fields(event.session).audio).input).turn_detection);
    this.#tell();
  }

  #tell(): void {
    if (this.#wanted === this.#told || this.#own === undefined) return;
    this.#told = this.#wanted;
    this.#send(turnDetectionEvent(this.#wanted, this.#own));
    if (this.#wanted === "push_to_talk") this.#send({ type: "input_audio_buffer.clear" });
  }
}

/** The event that puts a session with this turn detection of its own into a mode. */
export function turnDetectionEvent(mode: TurnMode, own: Fields): RealtimeEvent {
  const wanted = { hands_free: own, on_request: { ...own, create_response: false }, push_to_talk: null };
  return { type: "session.update", session: { type: "realtime", audio: { input: { turn_detection: wanted[mode] } } } };
}
