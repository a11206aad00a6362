import { computed, signal } from "@preact/signals";
import type { Call } from "../call.ts";
import { isInCall } from "../call-state.ts";
import { MicrophoneTest, type MicrophoneCheck } from "../microphone-check.ts";
import type { Preferences } from "./preferences.ts";

export function checkControls(call: Call, { microphoneId, processing, isHeard }: Preferences) {
  const test = new MicrophoneTest();
  const check = signal<MicrophoneCheck>({ kind: "none" });
  const checked = signal<MediaStream | undefined>(undefined);
  test.on("stream", (stream) => (checked.value = stream));
  test.on("check", (now) => {
    check.value = now;
    if (now.kind === "heard") isHeard.value = true;
  });
  call.on("state", ({ state }) => isInCall(state) && test.stop()); // one capture at a time: iPadOS silences the other
  call.on("server", ({ type }) => type === "input_audio_buffer.speech_started" && (isHeard.value = true));
  addEventListener("pagehide", () => test.stop());
  return {
    checked,
    controls: {
      check,
      isCheckDue: computed(() => !isHeard.value),
      startCheck: () => void test.start({ id: microphoneId.value, processing: processing.value }),
      stopCheck: () => test.stop(),
    },
  };
}
