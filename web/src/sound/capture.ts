/** Asks the browser for a microphone: which one, how its sound is treated, and why there is none. */

import { CallProblem, microphoneProblem } from "../protocol/problems.ts";

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
