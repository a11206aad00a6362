/**
 * Gives the page the public part of functions/agents/*.toml: as the module "virtual:agents" and as dist/agents.json.
 * Instructions are no part of it, in neither set-up: they reach OpenAI from the server.
 */

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse, TomlError, type TomlTable } from "smol-toml";
import type { Plugin } from "vite";
import type { Agent } from "virtual:agents";
import pageTools from "../../functions/voicemint/page_tools.json" with { type: "json" };

const MODULE = "virtual:agents";
const RESOLVED = `\0${MODULE}`;
const NAME = /^[a-z][a-z0-9-]{0,63}$/;
const LONGEST_CALL_MINUTES = 60; // OpenAI ends a session after this
const TOOLS = Object.keys(pageTools);

export function agentsPlugin(folder: string): Plugin {
  return {
    name: "agents",
    resolveId: (id) => (id === MODULE ? RESOLVED : undefined),
    load(id) {
      if (id !== RESOLVED) return undefined;
      for (const file of agentFiles(folder)) this.addWatchFile(file);
      return `export const agents = ${JSON.stringify(readAgents(folder))};`;
    },
    generateBundle() {
      const source = `${JSON.stringify(readAgents(folder), undefined, 2)}\n`;
      this.emitFile({ type: "asset", fileName: "agents.json", source });
    },
  };
}

/** The public part of every agent, the one named "assistant" first. */
export function readAgents(folder: string): readonly Agent[] {
  const agents = agentFiles(folder).map((file) => readAgent(basename(file, ".toml"), readFileSync(file, "utf8"), file));
  if (agents.length === 0) throw new Error(`${folder}: expected at least one agent as a .toml file, found none`);
  for (const agent of agents) checkHandoffs(agent, agents, join(folder, `${agent.name}.toml`));
  const isDefault = ({ name }: Agent) => (name === "assistant" ? 0 : 1);
  return agents.sort((one, other) => isDefault(one) - isDefault(other) || one.name.localeCompare(other.name));
}

export function readAgent(name: string, toml: string, file: string): Agent {
  if (!NAME.test(name)) throw new Error(`${file}: expected a file name of a-z, 0-9 and "-", found "${name}"`);
  const table = parseToml(toml, file);
  const expect = (key: string, isRight: (value: unknown) => boolean, expected: string) => {
    const value = table[key];
    if (isRight(value)) return value;
    throw new Error(`${file}: ${key}: expected ${expected}, found ${value === undefined ? "nothing" : JSON.stringify(value)}`);
  };
  return {
    name,
    label: expect("label", isWords, "a name to show") as string,
    greeting: "greeting" in table ? (expect("greeting", isText, "a text") as string) : "",
    model: expect("model", isWords, "the name of a model") as string,
    voice: expect("voice", isWords, "the name of a voice") as string,
    setup: expect("setup", isSetup, '"client-secret" or "unified"') as Agent["setup"],
    max_call_minutes: expect("max_call_minutes", isMinutes, `whole minutes from 1 to ${LONGEST_CALL_MINUTES}`) as number,
    page_tools: "page_tools" in table ? (expect("page_tools", isTools, `some of ${TOOLS.join(", ")}`) as Agent["page_tools"]) : [],
    handoffs: "handoffs" in table ? (expect("handoffs", isNames, "names of other agents") as string[]) : [],
  };
}

/** How many there may be is the server's rule. */
function checkHandoffs({ name, handoffs }: Agent, agents: readonly Agent[], file: string): void {
  const others = agents.map((agent) => agent.name).filter((other) => other !== name);
  const unknown = handoffs.find((target) => !others.includes(target));
  if (unknown === undefined) return;
  throw new Error(`${file}: handoffs: expected some of ${others.join(", ") || "no other agent"}, found "${unknown}"`);
}

function agentFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".toml"))
    .sort()
    .map((file) => join(folder, file));
}

function parseToml(toml: string, file: string): TomlTable {
  try {
    return parse(toml);
  } catch (error) {
    const line = error instanceof TomlError ? `:${error.line}` : "";
    throw new Error(`${file}${line}: expected TOML: ${String(error)}`, { cause: error });
  }
}

function isSetup(value: unknown): boolean {
  return value === "client-secret" || value === "unified";
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isTools(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => TOOLS.includes(name as string));
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === "string") && new Set(value).size === value.length;
}

function isWords(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "";
}

function isMinutes(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= LONGEST_CALL_MINUTES;
}
