/** The language of the page: its sentences from words/, in the person's own language if the page has it. */

import { signal } from "@preact/signals";
import type { CallProblem, EndReason } from "../protocol/problems.ts";
import { english, type Notice, type Words } from "./words/english.ts";

export type { Notice, Words } from "./words/english.ts";

/** English is always there; the others are loaded when they are wanted. */
const LOADERS = {
  en: { name: "English", load: () => Promise.resolve(english) },
  de: { name: "Deutsch", load: async () => (await import("./words/german.ts")).german },
  es: { name: "Español", load: async () => (await import("./words/spanish.ts")).spanish },
  fr: { name: "Français", load: async () => (await import("./words/french.ts")).french },
  ja: { name: "日本語", load: async () => (await import("./words/japanese.ts")).japanese },
} as const satisfies Record<string, { readonly name: string; readonly load: () => Promise<Words> }>;

export type Language = keyof typeof LOADERS;

export const languages = Object.entries(LOADERS).map(([code, { name }]) => ({ code: code as Language, name }));

/** The sentences of the page. A component that reads this signal is drawn again when the language changes. */
export const words = signal<Words>(english);
/** The language of `words`, as the `lang` attribute and `Intl` know it. */
export const language = signal<Language>("en");

let wanted: Language = "en";

/** Changes the language; the present one stays until the other's words are here, and when they do not come. */
export async function speak(code: Language): Promise<void> {
  wanted = code;
  const loaded = await LOADERS[code].load().catch(() => undefined);
  if (loaded === undefined || wanted !== code) return;
  words.value = loaded;
  language.value = code;
}

/** The first of the person's languages that the page has; English when it has none. */
export function preferredLanguage(preferred: readonly string[]): Language {
  const found = preferred.map((tag) => tag.toLowerCase().split("-")[0]).find((code) => code !== undefined && isLanguage(code));
  return found ?? "en";
}

export function isLanguage(code: string): code is Language {
  return Object.hasOwn(LOADERS, code);
}

export function problemNotice({ code, detail }: CallProblem): Notice {
  const { title, advice } = words.value.problems[code];
  if (code === "server_refused") return { title, advice: detail }; // our functions say themselves what to do
  return { title, advice: detail === "" ? advice : `${sentence(detail)} ${advice}` };
}

/** The words for a call that is over; none when the person ended it. */
export function endNotice(reason: EndReason): Notice | undefined {
  return reason === "person" || reason === "page_closed" ? undefined : words.value.endings[reason];
}

/** Minutes and seconds, as a clock shows them. */
export function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function sentence(detail: string): string {
  return /[.!?…。]$/.test(detail) ? detail : `${detail}.`;
}
