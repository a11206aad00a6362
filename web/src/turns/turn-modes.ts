/** How turns are taken, as the person chose. It changes the session's turn detection and nothing else. */

import { fields, type Fields, type RealtimeEvent } from "../protocol/events.ts";

const SENTENCE_MS = 10_000; // after this, no event ends the sentence any more

/** Hands-free: the agent answers each pause. Push-to-talk: it hears only while held. On request: it hears, and waits. */
export type TurnMode = "hands_free" | "push_to_talk" | "on_request";

export class TurnDetection {
  readonly #send: (event: RealtimeEvent) => void;
  /** The agent's own turn detection, from the session's first event. */
  #own: Fields | undefined;
  #wanted: TurnMode = "hands_free";
  #told: TurnMode = "hands_free";
  #isSpeaking = false;
  #isAnswerDue = false;
  #late: ReturnType<typeof setTimeout> | undefined;

  readonly #ask: () => void;

  constructor(send: (event: RealtimeEvent) => void, ask: () => void) {
    this.#send = send;
    this.#ask = ask;
  }

  take(mode: TurnMode): void {
    if (mode !== this.#wanted) this.#isAnswerDue = false;
    this.#wanted = mode;
    this.#tell();
  }

  /** Push-to-talk: what was said is complete. An answer is asked for once it has become a turn: it may have been nothing. */
  finish(): void {
    this.#isAnswerDue = true;
    this.#send({ type: "input_audio_buffer.commit" });
  }

  /** Answers now, or when the sentence that is being said is complete. */
  answer(): void {
    clearTimeout(this.#late);
    this.#isAnswerDue = this.#isSpeaking;
    if (this.#isSpeaking) this.#late = setTimeout(() => this.#hearEnd(), SENTENCE_MS);
    else this.#ask();
  }

  /** Waits for nothing any more. */
  close(): void {
    clearTimeout(this.#late);
  }

  hear(event: RealtimeEvent): void {
    if (event.type === "session.created") this.#learn(event);
    if (event.type === "input_audio_buffer.speech_started") this.#isSpeaking = true;
    if (event.type === "input_audio_buffer.committed") this.#hearEnd();
    if (event.type === "input_audio_buffer.cleared") this.#isSpeaking = false;
    if (isNothingHeard(event)) this.#isAnswerDue = false;
  }

  #hearEnd(): void {
    this.close();
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

/** The server's word that what was held was nothing. */
export function isNothingHeard({ type, error }: RealtimeEvent): boolean {
  return type === "error" && fields(error).code === "input_audio_buffer_commit_empty";
}

/** The event that switches a session to a mode; `own` is the session's own turn detection. */
export function turnDetectionEvent(mode: TurnMode, own: Fields): RealtimeEvent {
  const wanted = { hands_free: own, on_request: { ...own, create_response: false }, push_to_talk: null };
  return { type: "session.update", session: { type: "realtime", audio: { input: { turn_detection: wanted[mode] } } } };
}
