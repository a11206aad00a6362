import { useEffect } from "preact/hooks";
import type { CallControls } from "../controls/controls.ts";
import { problemNotice, words } from "../language/words.ts";
import { LevelMeter } from "./LevelMeter.tsx";

interface Props {
  readonly controls: CallControls;
  /** Asks a newcomer, in one quiet line. */
  readonly isOffer?: boolean;
}

/** Whether one can be heard, before a call costs anything. */
export function MicrophoneCheck({ controls, isOffer = false }: Props) {
  const check = controls.check.value;
  useEffect(() => () => controls.stopCheck(), []);
  const isUnderWay = check.kind === "listening";
  return (
    <div class="check" data-offer={isOffer}>
      {isOffer && check.kind === "none" && <p>{words.value.checkOffer}</p>}
      {isUnderWay && <LevelMeter controls={controls} />}
      <p aria-live="polite" class="check-result" data-kind={check.kind}>
        {checkWords(check)}
      </p>
      <button class="pill" type="button" onClick={() => (isUnderWay ? controls.stopCheck() : controls.startCheck())}>
        {isUnderWay ? words.value.checkStop : words.value.check}
      </button>
    </div>
  );
}

function checkWords(check: CallControls["check"]["value"]): string {
  const { checking, checkHeard, checkSilent, checkUnmeasured } = words.value;
  switch (check.kind) {
    case "none":
      return "";
    case "listening":
      return checking;
    case "heard":
      return checkHeard;
    case "silent":
      return checkSilent;
    case "unmeasured":
      return checkUnmeasured;
    case "problem": {
      const { title, advice } = problemNotice(check.problem);
      return `${title}. ${advice}`;
    }
  }
}
