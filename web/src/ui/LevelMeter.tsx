import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { CallControls } from "../controls/controls.ts";
import { words } from "../language/words.ts";

const STEPS = 10;

/** How loud the microphone is: a bar, and a number from 0 to 10 for people who cannot see it. */
export function LevelMeter({ controls }: { readonly controls: CallControls }) {
  const bar = useRef<HTMLSpanElement>(null);
  useEffect(
    () =>
      effect(() => {
        const level = Math.min(1, controls.personLevel.value);
        bar.current?.style.setProperty("--level", level.toFixed(3));
        bar.current?.setAttribute("aria-valuenow", String(Math.round(level * STEPS)));
      }),
    [],
  );
  return <span ref={bar} class="meter" role="meter" aria-label={words.value.level} aria-valuemin={0} aria-valuemax={STEPS} />;
}
