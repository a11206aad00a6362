/**
 * What a person can see and turn in a call beyond Start, End and Mute: signals to draw and actions to bind to buttons.
 * The user interface knows nothing else of devices, turns and pictures.
 */

import type { ReadonlySignal } from "@preact/signals";
import type { Call } from "../call/call.ts";
import type { Reconnecting } from "../call/call-events.ts";
import { checkControls } from "./check.ts";
import { connectionControls } from "./connection.ts";
import { deviceControls } from "./devices.ts";
import { keptPreferences } from "./preferences.ts";
import { soundControls } from "./sound.ts";
import { turnControls } from "./turns.ts";
import { viewControls } from "./view.ts";
import type { Device } from "../sound/devices.ts";
import type { MicrophoneCheck } from "../sound/microphone-check.ts";
import type { MicrophoneState, SoundProcessing } from "../sound/microphone.ts";
import type { Picture } from "../pictures/pictures.ts";
import type { CallProblem } from "../protocol/problems.ts";
import type { TurnMode } from "../turns/turn-modes.ts";
import type { View, ViewProblem } from "../pictures/view.ts";

export type { Reconnecting } from "../call/call-events.ts";
export type { MicrophoneCheck } from "../sound/microphone-check.ts";
export { pictureIntervals, turnModes } from "./preferences.ts";
export type { Device } from "../sound/devices.ts";
export type { MicrophoneState, SoundProcessing } from "../sound/microphone.ts";
export type { Picture } from "../pictures/pictures.ts";
export type { TurnMode } from "../turns/turn-modes.ts";
export type { View, ViewKind, ViewProblem } from "../pictures/view.ts";

/** Everything there is to turn about this call. */
export function makeControls(call: Call): CallControls {
  const preferences = keptPreferences();
  const { checked, controls: check } = checkControls(call, preferences);
  return {
    ...connectionControls(call),
    ...soundControls(call, checked),
    ...deviceControls(call, preferences, checked),
    ...check,
    ...turnControls(call, preferences),
    ...viewControls(call, preferences),
  };
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
  /** The one in use, or chosen; "" is the system's own choice. */
  readonly microphoneId: ReadonlySignal<string>;
  /** Why what was chosen last is not in use. */
  readonly microphoneProblem: ReadonlySignal<CallProblem | undefined>;
  chooseMicrophone(id: string): void;
  readonly processing: ReadonlySignal<SoundProcessing>;
  setProcessing(changes: Partial<SoundProcessing>): void;
  readonly check: ReadonlySignal<MicrophoneCheck>;
  /** True until this device's microphone has been heard once: offer the check. */
  readonly isCheckDue: ReadonlySignal<boolean>;
  /** Call it inside a tap. */
  startCheck(): void;
  stopCheck(): void;

  // The loudspeaker
  /** False if the browser lets no page choose (Safari): hide the picker. */
  readonly canChooseSpeaker: boolean;
  readonly speakers: ReadonlySignal<readonly Device[]>;
  readonly speakerId: ReadonlySignal<string>;
  chooseSpeaker(id: string): void;

  // Turns
  readonly turnMode: ReadonlySignal<TurnMode>;
  setTurnMode(mode: TurnMode): void;
  /** Push-to-talk: while the button, or the space bar, is down. */
  readonly isHeld: ReadonlySignal<boolean>;
  /** What was held last was nothing. */
  readonly isUnheard: ReadonlySignal<boolean>;
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
  /** Leaves nothing of what was shown. */
  forget(): void;
}
