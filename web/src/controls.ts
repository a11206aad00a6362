/**
 * What a person can see and turn in a call beyond Start, End and Mute: signals to draw and actions to bind to buttons.
 * The user interface knows nothing else of devices, turns and pictures.
 */

import type { ReadonlySignal } from "@preact/signals";
import type { CallProblem } from "./problems.ts";

/** Hands-free: the agent answers each pause. Push-to-talk: it hears only while held. On request: it hears, and waits. */
export type TurnMode = "hands_free" | "push_to_talk" | "on_request";

/**
 * What the microphone does, always shown. `held_back`: push-to-talk, not held. `paused`: the system took it for a while
 * (a telephone call, a locked screen). `lost`: unplugged or taken away; it is asked for again by itself.
 */
export type MicrophoneState = "off" | "opening" | "on" | "muted" | "held_back" | "paused" | "lost";

/** A call that was cut is set up again by itself. */
export interface Reconnecting {
  /** From 1. */
  readonly attempt: number;
  /** Until this attempt begins; 0 while it is under way. */
  readonly secondsToWait: number;
}

export interface Device {
  readonly id: string;
  /** Empty until the microphone has been allowed once: browsers hide the names until then. */
  readonly label: string;
}

export interface SoundProcessing {
  readonly echoCancellation: boolean;
  readonly noiseSuppression: boolean;
  readonly autoGainControl: boolean;
}

/** A microphone check before the first call: `level` moves, and after something loud enough it is `heard`. */
export type MicrophoneCheck =
  | { readonly kind: "none" }
  | { readonly kind: "listening" }
  | { readonly kind: "heard" }
  | { readonly kind: "silent" }
  | { readonly kind: "problem"; readonly problem: CallProblem };

export type ViewKind = "camera" | "screen";

/** What the agent is shown: give the stream to a muted `<video playsinline>` as the preview. */
export interface View {
  readonly kind: ViewKind;
  readonly stream: MediaStream;
}

/** Why there is no picture: the words are the page's. */
export type ViewProblem = "denied" | "missing" | "busy" | "too_large" | "no_call";

export interface Picture {
  /** The item's id in the conversation: `conversation.item.added` and `.deleted` name it. */
  readonly itemId: string;
  /** A JPEG as a data URI, as it was sent. */
  readonly url: string;
}

export interface CallControls {
  // The connection
  readonly reconnecting: ReadonlySignal<Reconnecting | undefined>;
  /** Tries again now instead of waiting. */
  reconnectNow(): void;
  /** In the last minute of a call: 60 to 0. */
  readonly secondsLeft: ReadonlySignal<number | undefined>;
  /** For a status panel; undefined without a call. */
  stats(): Promise<RTCStatsReport | undefined>;
  /** Sends any client event as it is; false when the call is not open or the event is too large. */
  sendEvent(event: { readonly type: string }): boolean;

  // Sound: for meters, an orb, a recording
  readonly personStream: ReadonlySignal<MediaStream | undefined>;
  readonly agentStream: ReadonlySignal<MediaStream | undefined>;
  /** Loudness, 0 to 1, about 20 times a second while somebody subscribes; the microphone's also during its check. */
  readonly personLevel: ReadonlySignal<number>;
  readonly agentLevel: ReadonlySignal<number>;

  // The microphone
  readonly microphone: ReadonlySignal<MicrophoneState>;
  readonly microphones: ReadonlySignal<readonly Device[]>;
  /** The chosen one's id; "" is the system's own choice. */
  readonly microphoneId: ReadonlySignal<string>;
  chooseMicrophone(id: string): void;
  readonly processing: ReadonlySignal<SoundProcessing>;
  setProcessing(processing: SoundProcessing): void;
  readonly check: ReadonlySignal<MicrophoneCheck>;
  /** True until this device's microphone has been heard once: offer the check. */
  readonly isCheckDue: ReadonlySignal<boolean>;
  /** Call it inside a tap. */
  startCheck(): void;
  stopCheck(): void;

  // The loudspeaker
  /** False where the browser lets no page choose (Safari): hide the picker. */
  readonly canChooseSpeaker: boolean;
  readonly speakers: ReadonlySignal<readonly Device[]>;
  readonly speakerId: ReadonlySignal<string>;
  chooseSpeaker(id: string): void;

  // Turns
  readonly turnMode: ReadonlySignal<TurnMode>;
  setTurnMode(mode: TurnMode): void;
  /** Push-to-talk: while the button, or the space bar, is down. */
  readonly isHeld: ReadonlySignal<boolean>;
  hold(): void;
  release(): void;
  /** On request: "answer now". */
  answer(): void;
  /** Stops what the agent is saying. */
  interrupt(): void;

  // The camera and the screen
  readonly canShowCamera: boolean;
  /** False on iPadOS and iOS: hide it. */
  readonly canShowScreen: boolean;
  readonly view: ReadonlySignal<View | undefined>;
  readonly viewProblem: ReadonlySignal<ViewProblem | undefined>;
  /** Call these two inside a tap. The screen's stops by itself when the person ends the sharing. */
  showCamera(): void;
  showScreen(): void;
  /** The other camera of a tablet or telephone. */
  readonly canTurnCamera: ReadonlySignal<boolean>;
  turnCamera(): void;
  stopView(): void;
  /** Sends a still now. Typed words take one with them by themselves while there is a view. */
  sendPicture(): void;
  /** A still every so many seconds when the picture has changed; 0: only on demand. */
  readonly pictureSeconds: ReadonlySignal<number>;
  setPictureSeconds(seconds: number): void;
  /** What was sent in this call, in order; a deleted one stays here for the transcript. The newest 40. */
  readonly pictures: ReadonlySignal<readonly Picture[]>;
}
