/** Records both sides of calls on this device: the person left, the agent right. Nothing of it is sent anywhere. */

import { effect, signal, type ReadonlySignal } from "@preact/signals";

/** What Safari and what the others can write. */
const KINDS = ["audio/webm;codecs=opus", "audio/mp4"];
const PIECE_MS = 5_000; // written piece by piece: a browser keeps large pieces on disk
const BITS_PER_SECOND = 64_000;
/** Decoding holds up to 0.7 MB for each second of a recording: of a longer one there is no WAV, or a tablet closes the page. */
export const LONGEST_WAV_SECONDS = 600;

interface Sides {
  readonly personStream: ReadonlySignal<MediaStream | undefined>;
  readonly agentStream: ReadonlySignal<MediaStream | undefined>;
}

export interface Recording {
  readonly file: Blob;
  readonly seconds: number;
}

export function canRecord(): boolean {
  return "MediaRecorder" in globalThis && KINDS.some((kind) => MediaRecorder.isTypeSupported(kind));
}

export class Recorder {
  readonly isWanted = signal(false);
  readonly isRecording = signal(false);
  /** The newest recording that is complete. */
  readonly result = signal<Recording | undefined>(undefined);
  /** Whose result counts: the newest session's, unless it was discarded. */
  #newest: Session | undefined;
  #session: Session | undefined;

  constructor({ personStream, agentStream }: Sides) {
    effect(() => {
      const [person, agent] = [personStream.value, agentStream.value];
      if (!this.isWanted.value || agent === undefined) this.#stop();
      else this.#connect(person, agent);
    });
  }

  /** Leaves nothing of any call on this device. */
  discard(): void {
    this.#newest = undefined; // what a session still writes goes nowhere
    this.isWanted.value = false;
    this.result.value = undefined;
  }

  #connect(person: MediaStream | undefined, agent: MediaStream): void {
    this.#session ??= this.#begin();
    this.#session.connect(person, agent);
  }

  #begin(): Session {
    const session: Session = new Session((recording) => {
      if (this.#newest === session) this.result.value = recording;
    });
    this.#newest = session;
    this.isRecording.value = true;
    return session;
  }

  #stop(): void {
    this.#session?.stop();
    this.#session = undefined;
    this.isRecording.value = false;
  }
}

/** One recording, from the first sound to the end of the call. */
class Session {
  readonly #context = new AudioContext();
  readonly #merger = this.#context.createChannelMerger(2);
  readonly #recorder: MediaRecorder;
  #sources: MediaStreamAudioSourceNode[] = [];

  constructor(done: (recording: Recording) => void) {
    const mixed = this.#context.createMediaStreamDestination();
    this.#merger.connect(mixed);
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    this.#recorder = new MediaRecorder(mixed.stream, { audioBitsPerSecond: BITS_PER_SECOND, ...(mimeType && { mimeType }) });
    const pieces: Blob[] = [];
    const began = performance.now();
    this.#recorder.addEventListener("dataavailable", ({ data }) => pieces.push(data));
    this.#recorder.addEventListener("stop", () => {
      void this.#context.close();
      done({ file: new Blob(pieces, { type: this.#recorder.mimeType }), seconds: (performance.now() - began) / 1000 });
    });
    this.#recorder.start(PIECE_MS);
  }

  /** Another microphone, or a call that was connected again, goes into the same recording. */
  connect(person: MediaStream | undefined, agent: MediaStream): void {
    for (const source of this.#sources) source.disconnect();
    this.#sources = [person, agent].flatMap((stream, channel) => {
      if (stream === undefined || stream.getAudioTracks().length === 0) return [];
      const source = this.#context.createMediaStreamSource(stream);
      source.connect(this.#merger, 0, channel);
      return [source];
    });
  }

  stop(): void {
    if (this.#recorder.state !== "inactive") this.#recorder.stop();
  }
}
