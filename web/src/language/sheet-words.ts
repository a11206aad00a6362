/** The sentences of the sheets and of a link, together with the page's: loaded with the first of them, in the page's language. */

import { computed, effect, signal } from "@preact/signals";
import { language, words, type Language } from "./words.ts";
import { english, type SheetWords } from "./words/english-sheets.ts";

const LOADERS: Readonly<Record<Language, () => Promise<SheetWords>>> = {
  en: () => Promise.resolve(english),
  de: async () => (await import("./words/german-sheets.ts")).german,
  es: async () => (await import("./words/spanish-sheets.ts")).spanish,
  fr: async () => (await import("./words/french-sheets.ts")).french,
  ja: async () => (await import("./words/japanese-sheets.ts")).japanese,
};

const own = signal(english);

export const sheetWords = computed(() => ({ ...words.value, ...own.value }));

let unfollow: (() => void) | undefined;

/** Resolves when the sheets use the page's language. If its words cannot be loaded, the sheets keep their language. */
export async function followLanguage(): Promise<void> {
  await load(language.value);
  unfollow ??= effect(() => void load(language.value));
}

async function load(code: Language): Promise<void> {
  const loaded = await LOADERS[code]().catch(() => undefined);
  if (loaded !== undefined && language.value === code) own.value = loaded;
}
