/** Ends a call when its goodbye has been played. If the person keeps talking, the call continues. */

import { fields, list, type RealtimeEvent } from "../protocol/events.ts";

const SILENCE_MS = 8_000; // without any speech
const LONGEST_MS = 30_000;
const TAIL_MS = 500; // from the server's word that all is played to the loudspeaker

export class Goodbye {
  readonly #hangUp: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isSaid = false;

  constructor(hangUp: () => void) {
    this.#hangUp = hangUp;
  }

  /** The model is about to say it. */
  begin(): void {
    this.#isSaid = false;
    this.#endIn(SILENCE_MS);
  }

  hear(event: RealtimeEvent): void {
    if (this.#timer === undefined) return;
    const { type } = event;
    if (type === "input_audio_buffer.speech_started" || isTyped(event)) this.cancel();
    else if (type === "output_audio_buffer.started") {
      this.#isSaid = true;
      this.#endIn(LONGEST_MS);
    } else if (type === "output_audio_buffer.stopped" && this.#isSaid) this.#endIn(TAIL_MS);
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #endIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.cancel();
      this.#hangUp();
    }, milliseconds);
  }
}

/** Whether the person has written; pictures may be sent by themselves. */
function isTyped({ type, item }: RealtimeEvent): boolean {
  const { role, content } = fields(item);
  const isText = list(content).some((part) => fields(part).type === "input_text");
  return type === "conversation.item.added" && role === "user" && isText;
}
