import { words } from "../language/words.ts";
import type { Parts } from "./parts.ts";

/** What the microphone does, always in sight during a call. */
export function MicrophoneLine({ page, controls, recorder }: Parts) {
  if (!page.inCall.value) return null;
  const state = controls.microphone.value;
  return (
    <p class="microphone-line" data-state={state} aria-live="polite">
      <span class="lamp" aria-hidden="true" />
      {words.value.microphones[state]}
      {recorder.value?.isRecording.value === true && <span class="recording-sign">{words.value.recording}</span>}
    </p>
  );
}
