import { effect, signal } from "@preact/signals";
import type { Call } from "../call.ts";
import { PushToTalk } from "../push-to-talk.ts";
import type { TurnMode } from "../turn-modes.ts";
import type { Preferences } from "./preferences.ts";

export function turnControls(call: Call, { turnMode }: Preferences) {
  const isHeld = signal(false);
  const pushToTalk = new PushToTalk(call.microphone, {
    begin: () => call.line?.interrupt(),
    finish: () => {
      if (call.line?.sendEvent({ type: "input_audio_buffer.commit" })) call.line.answer();
    },
    cancel: () => call.line?.sendEvent({ type: "input_audio_buffer.clear" }),
  });
  const letGo = () => {
    pushToTalk.release();
    isHeld.value = false;
  };
  effect(() => {
    call.setTurnMode(turnMode.value);
    pushToTalk.stop();
    isHeld.value = false;
  });
  call.on("state", ({ state }) => {
    if (state !== "live") letGo();
  });
  return {
    turnMode,
    setTurnMode: (mode: TurnMode) => (turnMode.value = mode),
    isHeld,
    hold: () => {
      if (turnMode.value !== "push_to_talk" || call.line === undefined || call.microphone.isMuted) return;
      pushToTalk.hold();
      isHeld.value = true;
    },
    release: letGo,
    answer: () => call.line?.answer(),
    interrupt: () => call.line?.interrupt(),
  };
}
