import type { Call } from "../call/call.ts";

// A click follows the finger's release at once where there is one; after this the press is taken for no tap.
const CLICK_MS = 300;

/** What makes a button dial when it is pressed and not yet clicked; `aim` comes when a pointer or the focus is on it. */
export function earlyDial(call: Call, aim: () => void) {
  const release = () => setTimeout(() => call.abandon(), CLICK_MS); // does nothing once the click has started the call
  return {
    onPointerEnter: aim,
    onFocus: aim,
    onPointerDown: ({ isPrimary, button }: PointerEvent) => {
      if (!isPrimary || button !== 0) return;
      call.dial();
      // On the document: the finger may leave the button, and a touch "leaves" it at each release.
      document.addEventListener("pointerup", release, { once: true });
      document.addEventListener("pointercancel", () => call.abandon(), { once: true });
    },
    onKeyDown: ({ key }: KeyboardEvent) => (key === "Enter" || key === " ") && call.dial(),
    onKeyUp: release,
    onBlur: () => call.abandon(),
  };
}
