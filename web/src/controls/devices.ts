import { batch, computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import type { Call } from "../call/call.ts";
import { Devices, type Device } from "../sound/devices.ts";
import type { MicrophoneState, SoundProcessing } from "../sound/microphone.ts";
import { canChooseSpeaker } from "../sound/playback.ts";
import { asProblem, type CallProblem } from "../protocol/problems.ts";
import type { Preferences } from "./preferences.ts";
import { speakerControls } from "./speaker.ts";

/** What is in use is read from the device itself; before there is one, what was chosen. `checked`: a check's stream. */
export function deviceControls(call: Call, preferences: Preferences, checked: ReadonlySignal<MediaStream | undefined>) {
  const { microphoneId, processing } = preferences;
  const { microphone } = call;
  const devices = new Devices();
  const state = signal<MicrophoneState>("off");
  const microphones = signal<readonly Device[]>([]);
  const inUse = signal<MediaTrackSettings | undefined>(undefined);
  const changing = signal(0);
  const problem = signal<CallProblem | undefined>(undefined);
  const wish = () => ({ id: microphoneId.value, processing: processing.value });
  const settings = computed(() => (changing.value > 0 ? undefined : (inUse.value ?? checked.value?.getAudioTracks()[0]?.getSettings())));
  const takeBack = (error: unknown) => {
    problem.value = asProblem(error);
    microphoneId.value = microphone.wish.id;
    processing.value = microphone.wish.processing;
  };
  const change = async () => {
    problem.value = undefined;
    changing.value += 1;
    const refused = await microphone.change(wish()).then(() => undefined, (error: unknown) => ({ error }));
    batch(() => {
      if (refused !== undefined) takeBack(refused.error);
      inUse.value = microphone.settings;
      changing.value -= 1;
    });
  };
  microphone.wish = wish();
  devices.on("microphones", (found) => (microphones.value = found));
  devices.on("changed", (found) => void microphone.tryAgain(found));
  microphone.on("state", (now) => (state.value = now));
  microphone.on("stream", (stream) => {
    inUse.value = microphone.settings;
    if (stream !== undefined) void devices.refresh(); // with a permission the names are there
  });
  effect(() => void (checked.value && devices.refresh()));
  const speaker = canChooseSpeaker() ? speakerControls(call.playback, devices, preferences) : noSpeaker(preferences);
  void devices.refresh();
  return {
    microphone: state,
    microphones,
    microphoneId: computed(() => shownId(microphoneId.value, settings.value?.deviceId, microphones.value)),
    microphoneProblem: problem,
    chooseMicrophone: (id: string) => {
      microphoneId.value = id;
      void change();
    },
    processing: computed(() => shownProcessing(processing.value, settings.value)),
    setProcessing: (changes: Partial<SoundProcessing>) => {
      processing.value = { ...processing.value, ...changes };
      void change();
    },
    canChooseSpeaker: canChooseSpeaker(),
    ...speaker,
  };
}

/** The chosen device, or the one that is in use in its place; "", the system's own choice, when it is not there. */
export function shownId(chosen: string, used: string | undefined, devices: readonly Device[]): string {
  const id = chosen === "" ? "" : (used ?? chosen);
  return devices.length === 0 || devices.some((device) => device.id === id) ? id : "";
}

function shownProcessing(chosen: SoundProcessing, used: MediaTrackSettings = {}): SoundProcessing {
  const { echoCancellation = chosen.echoCancellation } = used;
  const { noiseSuppression = chosen.noiseSuppression, autoGainControl = chosen.autoGainControl } = used;
  return { echoCancellation: Boolean(echoCancellation), noiseSuppression, autoGainControl };
}

function noSpeaker({ speakerId }: Preferences) {
  return { speakers: signal<readonly Device[]>([]), speakerId, chooseSpeaker: () => undefined };
}
