import { computed, signal } from "@preact/signals";
import type { Call } from "../call/call.ts";
import { isInCall } from "../call/call-state.ts";
import type { MicrophoneCheck, MicrophoneTest } from "../sound/microphone-check.ts";
import { asProblem } from "../protocol/problems.ts";
import type { Preferences } from "./preferences.ts";

export function checkControls(call: Call, { microphoneId, processing, isHeard }: Preferences) {
  const check = signal<MicrophoneCheck>({ kind: "none" });
  const checked = signal<MediaStream | undefined>(undefined);
  let test: MicrophoneTest | undefined;
  const load = async () => {
    const { MicrophoneTest } = await import("../sound/microphone-check.ts");
    const made = new MicrophoneTest();
    made.on("stream", (stream) => (checked.value = stream));
    made.on("check", (now) => {
      check.value = now;
      if (now.kind === "heard") isHeard.value = true;
    });
    return made;
  };
  const start = async () => {
    test ??= await load().catch(() => undefined); // the page itself reports a missing chunk
    try {
      await test?.start({ id: microphoneId.value, processing: processing.value });
    } catch (error) {
      check.value = { kind: "problem", problem: asProblem(error) };
    }
  };
  call.on("state", ({ state }) => isInCall(state) && test?.stop()); // one capture at a time: iPadOS silences the other
  call.on("server", ({ type }) => type === "input_audio_buffer.speech_started" && (isHeard.value = true));
  addEventListener("pagehide", () => test?.stop());
  return {
    checked,
    controls: {
      check,
      isCheckDue: computed(() => !isHeard.value),
      startCheck: () => void start(),
      stopCheck: () => test?.stop(),
    },
  };
}
