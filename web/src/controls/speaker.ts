import { computed, signal } from "@preact/signals";
import type { Device, Devices } from "../sound/devices.ts";
import type { Playback } from "../sound/playback.ts";
import type { Preferences } from "./preferences.ts";

/** The loudspeaker: the chosen one while it is there, the system's own choice while it is not. */
export function speakerControls(playback: Playback, devices: Devices, { speakerId }: Preferences) {
  const speakers = signal<readonly Device[]>([]);
  const inUse = signal(playback.speakerId);
  const changing = signal(0);
  const isThere = () => speakers.value.length === 0 || speakers.value.some(({ id }) => id === speakerId.value); // none: no names yet
  const follow = async () => {
    changing.value += 1;
    await playback.choose(isThere() ? speakerId.value : "");
    inUse.value = playback.speakerId;
    changing.value -= 1;
  };
  devices.on("speakers", (found) => {
    speakers.value = found;
    void follow();
  });
  return {
    speakers,
    speakerId: computed(() => (changing.value > 0 ? speakerId.value : inUse.value)),
    chooseSpeaker: (id: string) => {
      speakerId.value = id;
      void follow().then(() => speakerId.value === id && (speakerId.value = playback.speakerId)); // a refused one is taken back
    },
  };
}
