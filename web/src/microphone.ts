/** The microphone: opened inside the tap, muted for good, stopped once. */

import { CallProblem, microphoneProblem } from "./problems.ts";

// A voice that is cut off in the middle would leave the server waiting for the end of the sentence, so silence is
// sent for as long as turn detection may need (4 s at most by default), and then nothing.
const SILENCE_MS = 5_000;

type Send = (track: MediaStreamTrack | null) => Promise<void>;

export class Microphone {
  readonly #track: MediaStreamTrack;
  readonly #send: Send;
  #tail: ReturnType<typeof setTimeout> | undefined;

  constructor(track: MediaStreamTrack, send: Send, lost: () => void) {
    this.#track = track;
    this.#send = send;
    track.addEventListener("ended", lost);
  }

  /** `enabled = false` silences the very next packet; `replaceTrack(null)` then ends the packets too. */
  async setMuted(muted: boolean): Promise<void> {
    clearTimeout(this.#tail);
    this.#track.enabled = !muted;
    if (muted) this.#tail = setTimeout(() => void this.#send(null), SILENCE_MS);
    else await this.#send(this.#track);
  }

  stop(): void {
    clearTimeout(this.#tail);
    this.#track.stop();
  }
}

/** Asks for the microphone. Call it inside the tap: iPadOS ties permission and playback to it. */
export async function openMicrophone(signal: AbortSignal): Promise<MediaStreamTrack> {
  if (!canUseMicrophone()) throw new CallProblem("insecure_page");
  preferCallAudio();
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  const stream = await navigator.mediaDevices.getUserMedia({ audio }).catch((error: unknown) => {
    throw microphoneProblem(error);
  });
  const [track] = stream.getAudioTracks();
  if (track === undefined) throw new CallProblem("microphone_missing");
  if (signal.aborted) track.stop(); // the permission question cannot be withdrawn, only answered too late
  signal.throwIfAborted();
  return track;
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
