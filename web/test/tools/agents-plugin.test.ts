/** What an agent's file may say is tested where it is decided: tests/functions/voicemint/agents/test_files.py. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readAgents } from "../../tools/agents-plugin.ts";

const GOOD = {
  label: '"Assistant"',
  greeting: '"Greet the person."',
  model: '"gpt-realtime-2.1"',
  voice: '"marin"',
  setup: '"unified"' as string | undefined,
  max_call_minutes: "30",
  instructions: '"not for the page"',
};

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agents-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, changes: Partial<Record<string, string | undefined>> = {}): void {
  const keys = Object.entries({ ...GOOD, ...changes }).filter(([, value]) => value !== undefined);
  writeFileSync(join(folder, `${name}.toml`), keys.map(([key, value]) => `${key} = ${String(value)}\n`).join(""));
}

test("the page gets the public part and nothing else", () => {
  write("assistant", { page_tools: '["end_call", "local_time"]', handoffs: '["2nd"]' });
  write("2nd");
  expect(readAgents(folder)[0]).toEqual({
    name: "assistant",
    label: "Assistant",
    greeting: "Greet the person.",
    model: "gpt-realtime-2.1",
    voice: "marin",
    setup: "unified",
    max_call_minutes: 30,
    page_tools: ["end_call", "local_time"],
    handoffs: ["2nd"],
  });
});

test("what the functions take for granted, the page does too; the assistant comes first, the others by name", () => {
  for (const name of ["zoe", "assistant", "my_agent", "2nd"]) write(name, { setup: undefined });
  const agents = readAgents(folder);
  expect(agents.map(({ name }) => name)).toEqual(["assistant", "2nd", "my_agent", "zoe"]);
  expect(new Set(agents.map(({ setup }) => setup))).toEqual(new Set(["client-secret"]));
});

test.each([
  [{ voice: '"bob"' }, "agents/assistant.toml:4: voice is 'bob'; expected one of: alloy"],
  [{ max_call_minutes: "30.0" }, "agents/assistant.toml:6: max_call_minutes must be a whole number."],
  [{ greeting: undefined }, "agents/assistant.toml: greeting is required"],
  [{ label: '"Assistant' }, "agents/assistant.toml:1: label: not valid TOML"],
  [{ turn_detection: '{ type = "server_vad", }' }, "agents/assistant.toml:8: turn_detection: not valid TOML"],
])("what kills a function ends the page's build, in one line: %j", (changes, sentence) => {
  write("assistant", changes);
  expect(() => readAgents(folder)).toThrow(sentence);
  try {
    readAgents(folder);
  } catch (error) {
    expect(String((error as Error).stack)).not.toContain("\n");
  }
});

test("a folder without the assistant is refused", () => {
  expect(() => readAgents(folder)).toThrow("assistant.toml is missing: it is the default agent");
});
