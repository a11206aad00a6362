/** What a person has chosen, kept on this device for the next visit. Nothing here says who the person is. */

import { effect, signal, type Signal } from "@preact/signals";
import { agents } from "virtual:agents";
import type { Fields } from "../protocol/events.ts";
import { keptAs, type Store } from "../device/store.ts";
import { isLanguage, preferredLanguage, type Language } from "../language/words.ts";

export type Theme = "system" | "light" | "dark";
export const themes: readonly Theme[] = ["system", "light", "dark"];

/** What OpenAI calls its voices; the server refuses any other. */
export const voices = ["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"] as const;

const KEPT_AS = "voicemint-choices";

export class Choices {
  readonly language: Signal<Language>;
  readonly theme: Signal<Theme>;
  /** An agent's name. */
  readonly agent: Signal<string>;
  /** "" is the agent's own. */
  readonly voice: Signal<string>;
  readonly shortcuts: Signal<boolean>;

  constructor(store: Store = keptAs(KEPT_AS)) {
    const kept = store.read();
    const pick = <Value extends string>(key: string, among: readonly Value[], otherwise: Value) =>
      signal(among.find((value) => value === kept[key]) ?? otherwise);
    const code = typeof kept.language === "string" && isLanguage(kept.language) ? kept.language : undefined;
    this.language = signal(code ?? preferredLanguage(navigator.languages));
    this.theme = pick("theme", themes, "system");
    this.agent = pick("agent", agents.map(({ name }) => name), agents[0].name);
    this.voice = pick("voice", ["", ...voices], "");
    this.shortcuts = signal(kept.shortcuts !== false);
    const unchanged = JSON.stringify(this.#values());
    effect(() => {
      const values = this.#values();
      if (JSON.stringify(values) !== unchanged || Object.keys(kept).length > 0) store.write(values);
    });
  }

  #values(): Fields {
    const { language, theme, agent, voice, shortcuts } = this;
    return Object.fromEntries(Object.entries({ language, theme, agent, voice, shortcuts }).map(([key, { value }]) => [key, value]));
  }
}
