import { afterEach, describe, expect, test } from "vitest";
import { isLanguage, language, languages, preferredLanguage, problemNotice, speak, words, type Language } from "../../src/language/words.ts";
import { CallProblem } from "../../src/protocol/problems.ts";
import { followLanguage, sheetWords } from "../../src/language/sheet-words.ts";
import { english as page } from "../../src/language/words/english.ts";
import { english as sheets } from "../../src/language/words/english-sheets.ts";

const english = { ...page, ...sheets };

afterEach(() => speak("en"));

/** Every sentence by its path; those with gaps filled in. */
function sentences(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return [[path, String((value as (gap: unknown) => unknown)("GAP"))]];
  return Object.entries(value as object).flatMap(([key, part]) => sentences(part, `${path}.${key}`));
}

async function spoken(code: Language): Promise<void> {
  await speak(code);
  await followLanguage();
}

const SAME_ON_PURPOSE = /asMarkdown|asJson|\.asText|\.modalities\.text|\.jitter|\.microphone$/;

describe.each(languages.filter(({ code }) => code !== "en"))("in $name", ({ code }) => {
  test("every sentence of the page is there, and none is English by mistake", async () => {
    await spoken(code);
    expect(language.value).toBe(code);
    const translated = new Map(sentences(sheetWords.value));
    const originals = sentences(english);
    expect([...translated.keys()].sort()).toEqual(originals.map(([path]) => path).sort());
    const empty = originals.filter(([path, words]) => translated.get(path)?.trim() === "" && words !== "");
    expect(empty).toEqual([]);
    const untouched = originals.filter(([path, words]) => translated.get(path) === words && words.includes(" ") && !SAME_ON_PURPOSE.test(path));
    expect(untouched).toEqual([]);
  });

  test("what is filled in stands in the sentence", async () => {
    await spoken(code);
    const filled = sentences(english).filter(([, sentence]) => sentence.includes("GAP"));
    const translated = new Map(sentences(sheetWords.value));
    expect(filled.filter(([path]) => !translated.get(path)?.includes("GAP"))).toEqual([]);
  });

  test("a refusal in the server's words is followed by what to do", async () => {
    await speak(code);
    const { advice } = problemNotice(new CallProblem("openai_refused", "Too many calls"));
    expect(advice).toBe(`Too many calls. ${words.value.problems.openai_refused.advice}`);
  });
});

test.each([
  [["de-AT", "en"], "de"],
  [["it", "FR-ca", "en"], "fr"],
  [["pt-BR", "nl"], "en"],
  [["constructor", "ja"], "ja"],
  [[], "en"],
])("of the browser's languages %j the page speaks %s", (preferred, expected) => {
  expect(preferredLanguage(preferred)).toBe(expected);
});

test("a name from outside is a language only when it is one", () => {
  expect([isLanguage("de"), isLanguage("toString"), isLanguage("")]).toEqual([true, false, false]);
});

test("the last choice wins, however fast the first one loads", async () => {
  await Promise.all([speak("de"), speak("ja")]);
  expect(language.value).toBe("ja");
});
