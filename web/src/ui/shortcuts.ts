/** Single-key shortcuts. They do nothing while somebody types, and can be turned off. */

import type { SheetWords } from "../language/words/english-sheets.ts";
import type { Parts } from "./parts.ts";

type Deed = keyof SheetWords["keys"];

export const keys: readonly { readonly key: string; readonly does: Deed }[] = [
  { key: "m", does: "mute" },
  { key: "s", does: "stop" },
  { key: " ", does: "hold" },
  { key: "t", does: "message" },
  { key: "o", does: "options" },
  { key: "d", does: "details" },
  { key: "?", does: "help" },
];

/** Listens until the page is gone. */
export function listenForShortcuts(parts: Parts): void {
  const { choices, controls } = parts;
  const deedOf = (event: KeyboardEvent): Deed | undefined => {
    if (!choices.shortcuts.value || event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return undefined;
    return keys.find(({ key }) => key === event.key.toLowerCase())?.does;
  };
  addEventListener("keydown", (event) => {
    const deed = deedOf(event);
    if (deed === undefined || event.repeat) return;
    if (run(deed, parts)) event.preventDefault();
  });
  addEventListener("keyup", ({ key }) => key === " " && controls.isHeld.value && controls.release());
  addEventListener("blur", () => controls.release());
}

/** Keys belong to a field that is written in, to an open sheet, and the space bar to a button that has the focus. */
function isTaken({ target, key }: KeyboardEvent): boolean {
  if (document.querySelector("dialog[open]") !== null) return true;
  if (!(target instanceof HTMLElement)) return false;
  return target.matches("input, textarea, select") || (key === " " && target.matches("button, summary, a"));
}

function run(deed: Deed, { call, page, controls, sheet }: Parts): boolean {
  switch (deed) {
    case "mute":
      call.setMuted(!page.muted.value);
      return page.inCall.value;
    case "stop":
      controls.interrupt();
      return page.inCall.value;
    case "hold":
      if (!page.inCall.value || controls.turnMode.value !== "push_to_talk") return false;
      controls.hold();
      return true;
    case "message":
      document.getElementById("message")?.focus();
      return page.inCall.value;
    case "options":
    case "details":
      sheet.value = deed;
      return true;
    case "help":
      sheet.value = "keyboard";
      return true;
  }
}
