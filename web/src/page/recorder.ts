/**
 * Records both sides of calls on this device: the person left, the agent right. Nothing of it is sent anywhere. Whether it
 * records is read from the browser: one that holds sound back until the next tap, or lets no page look into a stream, would
 * fill a file with silence.
 */

import { effect, signal, type ReadonlySignal } from "@preact/signals";

/** What Safari and what the others can write. */
const KINDS = ["audio/webm;codecs=opus", "audio/mp4"];
const PIECE_MS = 5_000; // written piece by piece: a browser keeps large pieces on disk
const BITS_PER_SECOND = 64_000;
const WAIT_MS = 2_000; // most browsers let sound pass at once
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

/** Why nothing is recorded: the browser lets no page do it, or it waits for a tap. */
export type RecordingProblem = "refused" | "waiting";

export function canRecord(): boolean {
  return "MediaRecorder" in globalThis && KINDS.some((kind) => MediaRecorder.isTypeSupported(kind));
}

export class Recorder {
  readonly isWanted = signal(false);
  readonly isRecording = signal(false);
  /** Why nothing is recorded though somebody wants it. */
  readonly problem = signal<RecordingProblem | undefined>(undefined);
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

  /** Call it inside a tap. */
  turn(on: boolean): void {
    this.problem.value = undefined;
    this.isWanted.value = on;
  }

  /** Leaves nothing of any call on this device. */
  discard(): void {
    this.#newest = undefined; // what a session still writes goes nowhere
    this.isWanted.value = false;
    this.result.value = undefined;
  }

  #connect(person: MediaStream | undefined, agent: MediaStream): void {
    try {
      this.#session ??= this.#begin();
      this.#session.connect(person, agent);
    } catch {
      this.#refuse();
    }
  }

  #refuse(): void {
    this.isWanted.value = false; // what was recorded until now is kept
    this.problem.value = "refused";
  }

  #begin(): Session {
    this.problem.value = undefined;
    const session: Session = new Session({
      change: (isRecording) => {
        if (this.#session === session) this.isRecording.value = isRecording;
      },
      wait: (isWaiting) => (this.problem.value = isWaiting ? "waiting" : undefined),
      refuse: () => this.#refuse(),
      done: (recording) => {
        if (this.#newest === session) this.result.value = recording;
      },
    });
    this.#newest = session;
    return session;
  }

  #stop(): void {
    this.#session?.stop();
    this.#session = undefined;
    this.isRecording.value = false;
    if (this.problem.peek() === "waiting") this.problem.value = undefined;
  }
}

interface Told {
  /** Whether it records from now on. */
  readonly change: (isRecording: boolean) => void;
  /** Whether the browser holds the sound back. */
  readonly wait: (isWaiting: boolean) => void;
  readonly refuse: () => void;
  readonly done: (recording: Recording) => void;
}

/** One recording, from the first sound to the end of the call. */
class Session {
  readonly #context = new AudioContext();
  readonly #merger = this.#context.createChannelMerger(2);
  readonly #recorder: MediaRecorder;
  readonly #told: Told;
  readonly #over = new AbortController();
  #sources: MediaStreamAudioSourceNode[] = [];
  #began: number | undefined;

  constructor(told: Told) {
    this.#told = told;
    const mixed = this.#context.createMediaStreamDestination();
    this.#merger.connect(mixed);
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    this.#recorder = new MediaRecorder(mixed.stream, { audioBitsPerSecond: BITS_PER_SECOND, ...(mimeType && { mimeType }) });
    this.#collect();
    const { signal } = this.#over;
    this.#context.addEventListener("statechange", () => this.#follow(), { signal });
    for (const type of ["click", "visibilitychange"]) document.addEventListener(type, () => this.#wake(), { signal });
    const waiting = setTimeout(() => this.#began === undefined && told.wait(true), WAIT_MS);
    signal.addEventListener("abort", () => clearTimeout(waiting));
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
    this.#wake();
    this.#follow();
  }

  stop(): void {
    this.#over.abort();
    if (this.#recorder.state === "inactive") void this.#context.close();
    else this.#recorder.stop();
  }

  #collect(): void {
    const pieces: Blob[] = [];
    this.#recorder.addEventListener("dataavailable", ({ data }) => pieces.push(data));
    this.#recorder.addEventListener("stop", () => {
      this.#told.change(false);
      void this.#context.close();
      const seconds = (performance.now() - (this.#began ?? performance.now())) / 1000;
      this.#told.done({ file: new Blob(pieces, { type: this.#recorder.mimeType }), seconds });
    });
  }

  /** Some browsers let sound pass only after a tap, or not until the page is in front again. */
  #wake(): void {
    if (this.#context.state !== "running") this.#context.resume().catch(() => undefined); // its state says it
  }

  /** Begins with the first moment in which sound passes, and tells whether any does. */
  #follow(): void {
    const isRunning = this.#context.state === "running";
    if (isRunning && this.#began === undefined) this.#start();
    this.#told.change(isRunning && this.#recorder.state === "recording");
  }

  #start(): void {
    this.#began = performance.now();
    try {
      this.#recorder.start(PIECE_MS);
      this.#told.wait(false);
    } catch {
      this.#told.refuse();
    }
  }
}
