/** Plays the agent's voice through the page's audio element, from the tap to the end of the call, and says when it may not. */

const STAYED_MS = 1_000; // what is paused sooner than this after it played is kept from playing

export class Playback {
  readonly #audio: HTMLAudioElement;
  readonly #blocked: (blocked: boolean) => void;
  #isWanted = false;
  #playedAt = -STAYED_MS;

  constructor(audio: HTMLAudioElement, blocked: (blocked: boolean) => void) {
    this.#audio = audio;
    this.#blocked = blocked;
    audio.addEventListener("pause", () => this.#goOn());
    document.addEventListener("visibilitychange", () => this.#goOn());
  }

  /** Plays a new session's voice during a call without another tap, if the browser allows it. */
  attach(voice: MediaStream | null): void {
    this.#audio.srcObject = voice;
    if (this.#isWanted) void this.play();
  }

  /** Call it inside the tap. Waiting for sound is no refusal: only the browser's own "not allowed" is. */
  async play(): Promise<void> {
    this.#isWanted = true;
    await this.#play();
  }

  async #play(): Promise<void> {
    try {
      await this.#audio.play();
      this.#playedAt = performance.now();
      this.#blocked(false);
    } catch (error) {
      if (this.#isWanted && error instanceof DOMException && error.name === "NotAllowedError") this.#blocked(true);
    }
  }

  /** The call is over. */
  stop(): void {
    this.#isWanted = false;
  }

  /** The loudspeaker in use; "" is the system's own choice. */
  get speakerId(): string {
    return this.#audio.sinkId;
  }

  /** Plays through this loudspeaker from now on. If the browser refuses, `speakerId` stays as it was. */
  async choose(speakerId: string): Promise<void> {
    await this.#audio.setSinkId(speakerId).catch(() => undefined);
  }

  /** Something paused it: the system for a telephone call, or the browser. */
  #goOn(): void {
    if (!this.#isWanted || !this.#audio.paused || document.visibilityState === "hidden") return;
    if (performance.now() - this.#playedAt < STAYED_MS) this.#blocked(true);
    else void this.play();
  }
}

/** Safari lets no page choose. */
export function canChooseSpeaker(): boolean {
  return "setSinkId" in HTMLMediaElement.prototype;
}
