import { effect, signal } from "@preact/signals";
import type { Call } from "../call.ts";
import { Devices, type Device } from "../devices.ts";
import type { MicrophoneState, SoundProcessing } from "../microphone.ts";
import { canChooseSpeaker } from "../playback.ts";
import type { Preferences } from "./preferences.ts";

export function deviceControls(call: Call, preferences: Preferences) {
  const { microphoneId, speakerId, processing } = preferences;
  const { microphone, playback } = call;
  const devices = new Devices();
  const state = signal<MicrophoneState>("off");
  const microphones = signal<readonly Device[]>([]);
  const speakers = signal<readonly Device[]>([]);
  devices.on("microphones", (found) => {
    microphones.value = found;
    void microphone.tryAgain(); // one that was lost may be back
  });
  devices.on("speakers", (found) => (speakers.value = found));
  microphone.on("state", (now) => {
    state.value = now;
    if (now === "on") void devices.refresh();
  });
  document.addEventListener("visibilitychange", () => void microphone.tryAgain());
  effect(() => void microphone.change({ id: microphoneId.value, processing: processing.value }).catch(() => undefined));
  effect(() => void (canChooseSpeaker() && playback.choose(speakerId.value)));
  void devices.refresh();
  return {
    microphone: state,
    microphones,
    microphoneId,
    chooseMicrophone: (id: string) => (microphoneId.value = id),
    processing,
    setProcessing: (wanted: SoundProcessing) => (processing.value = wanted),
    canChooseSpeaker: canChooseSpeaker(),
    speakers,
    speakerId,
    chooseSpeaker: (id: string) => (speakerId.value = id),
  };
}
