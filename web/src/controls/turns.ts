import { effect, signal } from "@preact/signals";
import type { Call } from "../call/call.ts";
import { PushToTalk } from "../turns/push-to-talk.ts";
import { isNothingHeard, type TurnMode } from "../turns/turn-modes.ts";
import type { Preferences } from "./preferences.ts";

export function turnControls(call: Call, { turnMode }: Preferences) {
  const isHeld = signal(false);
  const isUnheard = signal(false);
  const pushToTalk = new PushToTalk(call.microphone, {
    begin: () => call.line?.interrupt(),
    finish: () => call.line?.finishTurn(),
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
    isUnheard.value = false;
  });
  call.on("server", (event) => isNothingHeard(event) && (isUnheard.value = true));
  return {
    turnMode,
    setTurnMode: (mode: TurnMode) => (turnMode.value = mode),
    isHeld,
    isUnheard,
    hold: () => {
      if (turnMode.value !== "push_to_talk" || call.line === undefined || !call.microphone.canBeHeard) return;
      isUnheard.value = false;
      pushToTalk.hold();
      isHeld.value = true;
    },
    release: letGo,
    answer: () => call.line?.answer(),
    interrupt: () => call.line?.interrupt(),
  };
}
