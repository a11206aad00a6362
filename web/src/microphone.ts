/** The microphone: opened inside the tap, changed without a new call, muted for good, asked for again when it is lost. */

import { Emitter } from "./emitter.ts";
import { CallProblem, microphoneProblem } from "./problems.ts";

// A voice that is cut off in the middle would leave the server waiting for the end of the sentence, so silence is
// sent for as long as turn detection may need (4 s at most by default), and then nothing.
const SILENCE_MS = 5_000;

/**
 * What the microphone does, always shown. `held_back`: push-to-talk, not held. `paused`: the system took it for a while
 * (a telephone call, a locked screen). `lost`: unplugged or taken away; it is asked for again by itself.
 */
export type MicrophoneState = "off" | "opening" | "on" | "muted" | "held_back" | "paused" | "lost";

export interface SoundProcessing {
  readonly echoCancellation: boolean;
  readonly noiseSuppression: boolean;
  readonly autoGainControl: boolean;
}

/** Which microphone, and how its sound is treated; an id that is not there any more gives the system's own choice. */
export interface MicrophoneWish {
  readonly id: string;
  readonly processing: SoundProcessing;
}

export const defaultWish: MicrophoneWish = {
  id: "",
  processing: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
};

export interface MicrophoneEvents {
  readonly state: MicrophoneState;
  /** What it hears, for a meter or a recording; undefined when it is off. */
  readonly stream: MediaStream | undefined;
}

type Send = (track: MediaStreamTrack | null) => Promise<void>;

export class Microphone extends Emitter<MicrophoneEvents> {
  wish: MicrophoneWish = defaultWish;
  #track: MediaStreamTrack | undefined;
  #send: Send | undefined;
  #listening = new AbortController();
  #isWanted = false;
  #isMuted = false;
  #isHeldBack = false;
  #state: MicrophoneState = "off";
  #silence: ReturnType<typeof setTimeout> | undefined;

  get state(): MicrophoneState {
    return this.#state;
  }

  get isMuted(): boolean {
    return this.#isMuted;
  }

  /** Opens it for a call. Call it inside the tap: iPadOS ties permission and playback to it. */
  async open(signal: AbortSignal): Promise<void> {
    this.#isWanted = true;
    this.#isMuted = false;
    this.#become("opening");
    try {
      const track = await openTrack(this.wish);
      if (signal.aborted) track.stop(); // the permission question cannot be withdrawn, only answered too late
      signal.throwIfAborted();
      this.#use(track);
    } catch (error) {
      if (!signal.aborted) this.stop();
      throw error;
    }
  }

  /** Where its sound goes from now on; nowhere while there is no connection. */
  async connect(send: Send | undefined): Promise<void> {
    this.#send = send;
    await this.#apply();
  }

  setMuted(muted: boolean): void {
    this.#isMuted = muted;
    void this.#apply();
  }

  /** Push-to-talk: sends nothing at all, at once, because no turn detection waits for the end of a sentence. */
  async setHeldBack(heldBack: boolean): Promise<void> {
    this.#isHeldBack = heldBack;
    await this.#apply();
  }

  /** Takes another microphone or other processing into use, in the middle of a call too. Rejects with a CallProblem. */
  async change(wish: MicrophoneWish): Promise<void> {
    this.wish = wish;
    if (this.#track === undefined) return;
    const track = await openTrack(wish, true);
    if (this.#isWanted && this.wish === wish) this.#use(track); // not when another was wished for meanwhile
    else track.stop();
  }

  /** For a microphone that was lost: the system may have another one by now. */
  async tryAgain(): Promise<void> {
    if (this.#state !== "lost" || document.visibilityState === "hidden") return;
    this.#become("opening");
    try {
      await this.change(this.wish);
    } catch {
      this.#become("lost");
    }
  }

  stop(): void {
    this.#isWanted = false;
    clearTimeout(this.#silence);
    this.#drop();
    this.#send = undefined;
    this.#become("off");
    this.emit("stream", undefined);
  }

  #use(track: MediaStreamTrack): void {
    this.#drop();
    this.#track = track;
    const untilChanged = { signal: this.#listening.signal };
    track.addEventListener("ended", () => this.#lose(), untilChanged);
    track.addEventListener("mute", () => this.#show(), untilChanged);
    track.addEventListener("unmute", () => this.#show(), untilChanged);
    this.emit("stream", new MediaStream([track]));
    void this.#apply();
  }

  #drop(): void {
    this.#listening.abort();
    this.#listening = new AbortController();
    this.#track?.stop();
    this.#track = undefined;
  }

  #lose(): void {
    this.#become("lost");
    void this.tryAgain();
  }

  /** `enabled = false` silences the very next packet; sending no track then ends the packets too. */
  async #apply(): Promise<void> {
    clearTimeout(this.#silence);
    const track = this.#track;
    if (track === undefined) return;
    const isHeard = !this.#isMuted && !this.#isHeldBack;
    track.enabled = isHeard;
    this.#show();
    if (isHeard) await this.#send?.(track);
    else if (this.#isHeldBack) await this.#send?.(null);
    else this.#silence = setTimeout(() => void this.#send?.(null), SILENCE_MS);
  }

  #show(): void {
    if (this.#track === undefined) return;
    if (this.#isMuted) this.#become("muted");
    else if (this.#track.muted) this.#become("paused");
    else this.#become(this.#isHeldBack ? "held_back" : "on");
  }

  #become(state: MicrophoneState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.emit("state", state);
  }
}

/**
 * Asks for a microphone. Rejects with a CallProblem. A strict wish is what another sound of the same microphone needs:
 * Chromium shares the one that is open as long as it may.
 */
export async function openTrack({ id, processing }: MicrophoneWish, isStrict = false): Promise<MediaStreamTrack> {
  if (!canUseMicrophone()) throw new CallProblem("insecure_page");
  preferCallAudio();
  const device = id === "" ? {} : { deviceId: { exact: id } }; // Chromium takes an ideal id for no wish at all
  const { echoCancellation, noiseSuppression, autoGainControl } = processing;
  const strict = {
    echoCancellation: { exact: echoCancellation },
    noiseSuppression: { exact: noiseSuppression },
    autoGainControl: { exact: autoGainControl },
  };
  const wishes = [...(isStrict ? [{ ...strict, ...device }] : []), ...(id === "" ? [] : [{ ...processing, ...device }]), { ...processing }];
  const stream = await openFirst(wishes);
  const [track] = stream.getAudioTracks();
  if (track === undefined) throw new CallProblem("microphone_missing");
  return track;
}

/** The first of these that there is; the system's own choice in the place of a microphone that is gone. */
async function openFirst([wish = {}, ...others]: MediaTrackConstraints[]): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: wish });
  } catch (error) {
    const problem = microphoneProblem(error);
    if (problem.code !== "microphone_missing" || others.length === 0) throw problem;
    return openFirst(others);
  }
}

/** Browsers hide the microphone from pages that are not https or localhost. */
export function canUseMicrophone(): boolean {
  return isSecureContext && "mediaDevices" in navigator;
}

/** Keeps Safari from changing the volume when capture starts (WebKit's Audio Session API). */
function preferCallAudio(): void {
  const session = (navigator as { audioSession?: { type: string } }).audioSession;
  if (session !== undefined) session.type = "play-and-record";
}
