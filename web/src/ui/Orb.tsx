import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Parts } from "./parts.ts";

/** The rings around the button: they grow with the speaker's loudness. With reduced motion, their colour changes. */
export function Orb({ page, controls }: Parts) {
  const rings = useRef<HTMLSpanElement>(null);
  const inCall = page.inCall.value;
  useEffect(() => {
    if (!inCall) return;
    const show = (level: number) => rings.current?.style.setProperty("--level", level.toFixed(3));
    const stop = effect(() => {
      const [agent, person] = [controls.agentLevel.value, controls.personLevel.value]; // both, so that neither meter is made anew
      show(page.voice.value === "agent" ? agent : person);
    });
    return () => {
      stop();
      show(0);
    };
  }, [inCall]);
  const voice = page.muted.value && page.voice.value === "person" ? "quiet" : page.voice.value;
  return (
    <span ref={rings} class="orb" data-voice={voice} aria-hidden="true">
      <span class="ring" />
      <span class="ring" />
      <span class="ring" />
    </span>
  );
}
