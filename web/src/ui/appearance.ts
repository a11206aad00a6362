/** What the whole document shows of the choices: its language and its colours. */

import { effect } from "@preact/signals";
import type { Choices } from "../page/choices.ts";
import { language, speak } from "../language/words.ts";

export function followChoices({ language: chosen, theme }: Choices): void {
  const root = document.documentElement;
  const grounds = [...document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')];
  const own = grounds.map(({ content }) => content); // light, dark
  effect(() => void speak(chosen.value));
  effect(() => void (root.lang = language.value));
  effect(() => {
    const forced = theme.value === "system" ? undefined : theme.value === "dark" ? own[1] : own[0];
    grounds.forEach((meta, at) => (meta.content = forced ?? own[at] ?? ""));
    if (theme.value === "system") root.removeAttribute("data-theme");
    else root.dataset.theme = theme.value;
  });
}
