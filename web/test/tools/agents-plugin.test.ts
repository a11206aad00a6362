import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readAgent, readAgents } from "../../tools/agents-plugin.ts";

const GOOD = {
  label: '"Assistant"',
  greeting: '"Greet the person."',
  model: '"gpt-realtime-2.1"',
  voice: '"marin"',
  setup: '"client-secret"',
  max_call_minutes: "30",
  instructions: '"not for the page"',
  page_tools: undefined as string | undefined,
  handoffs: undefined as string | undefined,
};

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agents-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function toml(changes: Partial<Record<keyof typeof GOOD, string | undefined>> = {}): string {
  const keys = Object.entries({ ...GOOD, ...changes }).filter(([, value]) => value !== undefined);
  return keys.map(([key, value]) => `${key} = ${String(value)}\n`).join("");
}

test("the page gets the public part and nothing else", () => {
  expect(readAgent("assistant", toml(), "assistant.toml")).toEqual({
    name: "assistant",
    label: "Assistant",
    greeting: "Greet the person.",
    model: "gpt-realtime-2.1",
    voice: "marin",
    setup: "client-secret",
    max_call_minutes: 30,
    page_tools: [],
    handoffs: [],
  });
});

test("a call may be set up by the server, and the page still gets no instructions", () => {
  const agent = readAgent("assistant", toml({ setup: '"unified"' }), "assistant.toml");
  expect(agent.setup).toBe("unified");
  expect(JSON.stringify(agent)).not.toContain("not for the page");
});

test("the page knows which tools are its own, in the file's order", () => {
  const agent = readAgent("assistant", toml({ page_tools: '["end_call", "local_time"]' }), "assistant.toml");
  expect(agent.page_tools).toEqual(["end_call", "local_time"]);
});

test("an agent without a greeting lets the person speak first", () => {
  expect(readAgent("quiet", toml({ greeting: undefined }), "quiet.toml").greeting).toBe("");
});

test.each([
  ["label", undefined, "found nothing"],
  ["label", '" "', 'found " "'],
  ["greeting", "7", "expected a text, found 7"],
  ["model", "[]", "found []"],
  ["voice", undefined, "expected the name of a voice"],
  ["setup", '"carrier pigeon"', 'expected "client-secret" or "unified", found "carrier pigeon"'],
  ["max_call_minutes", "0", "expected whole minutes from 1 to 60, found 0"],
  ["max_call_minutes", "61", "found 61"],
  ["max_call_minutes", "1.5", "found 1.5"],
  ["page_tools", '"end_call"', 'expected some of local_time, display_text, end_call, found "end_call"'],
  ["page_tools", '["current_time"]', 'found ["current_time"]'],
  ["handoffs", '"guide"', 'expected names of other agents, found "guide"'],
  ["handoffs", "[7]", "found [7]"],
  ["handoffs", '["guide", "guide"]', 'found ["guide","guide"]'],
])("a bad %s (%s) is refused, naming file and key", (key, value, reason) => {
  const read = () => readAgent("bad", toml({ [key]: value }), "agents/bad.toml");
  expect(read).toThrow(`agents/bad.toml: ${key}: `);
  expect(read).toThrow(reason);
});

test("a file that is not TOML is refused, naming file and line", () => {
  expect(() => readAgent("bad", 'label = "x"\nmodel = ', "agents/bad.toml")).toThrow("agents/bad.toml:2: expected TOML");
});

test("a file name that no request could carry is refused", () => {
  expect(() => readAgent("Bad Name", toml(), "agents/Bad Name.toml")).toThrow('found "Bad Name"');
});

test("the assistant comes first, the others by name", () => {
  for (const name of ["zoe", "assistant", "adam"]) writeFileSync(join(folder, `${name}.toml`), toml());
  expect(readAgents(folder).map(({ name }) => name)).toEqual(["assistant", "adam", "zoe"]);
});

test.each([
  ['["zoe"]', undefined],
  ['["assistant"]', "assistant.toml: handoffs: expected some of zoe, found \"assistant\""],
  ['["zoe", "nobody"]', 'found "nobody"'],
])("an agent hands over to others there are, and not to itself: %s", (handoffs, reason) => {
  writeFileSync(join(folder, "assistant.toml"), toml({ handoffs }));
  writeFileSync(join(folder, "zoe.toml"), toml());
  if (reason === undefined) expect(readAgents(folder).map((agent) => agent.handoffs)).toEqual([["zoe"], []]);
  else expect(() => readAgents(folder)).toThrow(reason);
});

test("a folder without agents is refused", () => {
  expect(() => readAgents(folder)).toThrow("expected at least one agent");
});
