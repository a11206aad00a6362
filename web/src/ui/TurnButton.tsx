import { words } from "../language/words.ts";
import type { Parts } from "./parts.ts";

/** What the way of taking turns needs: a button to hold, a button to ask with, or nothing. */
export function TurnButton({ page, controls }: Parts) {
  if (page.blocked.value) return null; // the strip asks for the one tap that matters
  const isLive = page.call.value === "live";
  const mode = controls.turnMode.value;
  if (!page.inCall.value || mode === "hands_free") return null;
  if (mode === "on_request") {
    return (
      <button class="turn-button" type="button" disabled={!isLive} onClick={() => controls.answer()}>
        {words.value.answer}
      </button>
    );
  }
  return <HoldButton controls={controls} isLive={isLive} />;
}

function HoldButton({ controls, isLive }: Pick<Parts, "controls"> & { readonly isLive: boolean }) {
  const hold = (event: PointerEvent) => {
    if (event.button !== 0 || !(event.currentTarget instanceof HTMLElement)) return;
    event.currentTarget.setPointerCapture(event.pointerId); // the release counts wherever the finger is by then
    controls.hold();
  };
  const press = (event: KeyboardEvent) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) controls.hold();
  };
  return (
    <button
      class="turn-button"
      type="button"
      disabled={!isLive}
      aria-pressed={controls.isHeld.value}
      onPointerDown={hold}
      onPointerUp={() => controls.release()}
      onPointerCancel={() => controls.release()}
      onKeyDown={press}
      onKeyUp={() => controls.release()}
      onBlur={() => controls.release()}
      onContextMenu={(event) => event.preventDefault()}
    >
      {controls.isHeld.value ? words.value.held : words.value.hold}
    </button>
  );
}
