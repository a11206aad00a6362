/** Plays the agent's voice through the page's audio element, and says when the browser refuses to. */

export class Playback {
  readonly #audio: HTMLAudioElement;
  readonly #blocked: (blocked: boolean) => void;

  constructor(audio: HTMLAudioElement, blocked: (blocked: boolean) => void) {
    this.#audio = audio;
    this.#blocked = blocked;
  }

  attach(voice: MediaStream | null): void {
    this.#audio.srcObject = voice;
  }

  /** Call it inside the tap. Waiting for sound is no refusal: only the browser's own "not allowed" is. */
  async play(): Promise<void> {
    try {
      await this.#audio.play();
      this.#blocked(false);
    } catch (error) {
      if (error instanceof DOMException && error.name === "NotAllowedError") this.#blocked(true);
    }
  }

  /** Plays through this loudspeaker from now on; "" is the system's own choice. One that is gone changes nothing. */
  async choose(speakerId: string): Promise<void> {
    await this.#audio.setSinkId(speakerId).catch(() => undefined);
  }
}

/** Safari lets no page choose. */
export function canChooseSpeaker(): boolean {
  return "setSinkId" in HTMLMediaElement.prototype;
}
