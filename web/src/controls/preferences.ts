import { effect, signal } from "@preact/signals";
import { fields, text } from "../protocol/events.ts";
import { defaultWish } from "../sound/capture.ts";
import { keptAs, type Store } from "../device/store.ts";
import type { TurnMode } from "../turns/turn-modes.ts";

export const turnModes: readonly TurnMode[] = ["hands_free", "push_to_talk", "on_request"];
export const pictureIntervals: readonly number[] = [0, 2, 5, 10, 30];

/** What a person has set for calls on this device. */
export type Preferences = ReturnType<typeof keptPreferences>;

export function keptPreferences(store: Store = keptAs("voicemint-call")) {
  const kept = store.read();
  const flags = fields(kept.processing);
  const flag = (name: keyof typeof defaultWish.processing) => flags[name] !== false;
  const preferences = {
    microphoneId: signal(text(kept.microphoneId) ?? ""),
    speakerId: signal(text(kept.speakerId) ?? ""),
    processing: signal({
      echoCancellation: flag("echoCancellation"),
      noiseSuppression: flag("noiseSuppression"),
      autoGainControl: flag("autoGainControl"),
    }),
    turnMode: signal(turnModes.find((mode) => mode === kept.turnMode) ?? "hands_free"),
    pictureSeconds: signal(pictureIntervals.find((seconds) => seconds === kept.pictureSeconds) ?? 0),
    /** The microphone of this device has been heard once. */
    isHeard: signal(kept.isHeard === true),
  };
  let isChanged = false;
  effect(() => {
    const values = Object.fromEntries(Object.entries(preferences).map(([name, { value }]) => [name, value as unknown]));
    if (isChanged) store.write(values);
    isChanged = true;
  });
  return preferences;
}
