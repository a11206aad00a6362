import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Choices } from "../../src/page/choices.ts";
import type { Fields } from "../../src/protocol/events.ts";

beforeEach(() => vi.stubGlobal("navigator", { languages: ["fr-CA", "en"] }));
afterEach(() => vi.unstubAllGlobals());

function device(kept: Fields = {}) {
  const written: Fields[] = [];
  return { written, read: () => written.at(-1) ?? kept, write: (values: Fields) => void written.push(values) };
}

describe("what a person chooses", () => {
  test("is the browser's language and the device's colours until they say otherwise", () => {
    const { language, theme, agent, voice, shortcuts } = new Choices(device());
    expect([language.value, theme.value, agent.value, voice.value, shortcuts.value]).toEqual(["fr", "system", "assistant", "", true]);
  });

  test("is there again at the next visit", () => {
    const store = device();
    const first = new Choices(store);
    first.language.value = "ja";
    first.theme.value = "dark";
    first.voice.value = "cedar";
    first.shortcuts.value = false;
    const second = new Choices(store);
    expect([second.language.value, second.theme.value, second.voice.value, second.shortcuts.value]).toEqual(["ja", "dark", "cedar", false]);
  });

  test("writes nothing on a device where nobody chose", () => {
    const store = device();
    new Choices(store);
    expect(store.written).toEqual([]);
  });

  test.each([{ language: "xx" }, { theme: "<b>" }, { voice: "hal" }, { agent: "gone" }, { language: 7, theme: null }])(
    "that means nothing here is not taken: %j",
    (kept) => {
      const { language, theme, agent, voice } = new Choices(device(kept));
      expect([language.value, theme.value, agent.value, voice.value]).toEqual(["fr", "system", "assistant", ""]);
    },
  );
});
