/**
 * Gives the page the public part of functions/agents/*.toml: as the module "virtual:agents" and as dist/agents.json.
 * The functions' own reader (functions/voicemint/agents/public.py) reads them, so that there is only one reader.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import type { Agent } from "virtual:agents";

const MODULE = "virtual:agents";
export const AGENTS_MODULE = `\0${MODULE}`;
const FUNCTIONS = fileURLToPath(new URL("../../functions", import.meta.url));
const VENV_PYTHON = fileURLToPath(new URL("../../.venv/bin/python", import.meta.url));
const IS_FIT = "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"; // as scripts/lib.sh has it
const READER = ["-B", "-m", "voicemint.agents.public"];

export function agentsPlugin(folder: string): Plugin {
  let agents: readonly Agent[] | undefined;
  return {
    name: "agents",
    config(_config, { command }) {
      // Read the agents here: later, the bundler would add a stack trace to the reader's error.
      if (command === "build") agents = readAgents(folder);
    },
    resolveId: (id) => (id === MODULE ? AGENTS_MODULE : undefined),
    load(id) {
      if (id !== AGENTS_MODULE) return undefined;
      for (const file of agentFiles(folder)) this.addWatchFile(file);
      agents = this.meta.watchMode ? readAgents(folder) : (agents ?? readAgents(folder));
      return `export const agents = ${JSON.stringify(agents)};`;
    },
    generateBundle() {
      const source = `${JSON.stringify(agents ?? readAgents(folder), undefined, 2)}\n`;
      this.emitFile({ type: "asset", fileName: "agents.json", source });
    },
  };
}

/** The public part of every agent, the one named "assistant" first. Throws one line: file, line and key. */
export function readAgents(folder: string): readonly Agent[] {
  const env = { ...process.env, PYTHONPATH: FUNCTIONS };
  const { status, stdout, stderr, error } = spawnSync(findPython(), [...READER, folder], { env, encoding: "utf8" });
  if (status !== 0) throw inOneLine(stderr.trim().replace(/^error: /, "") || String(error));
  return JSON.parse(stdout) as Agent[];
}

/** The project's own Python, else one of the system that can read the agents: it needs no package. */
function findPython(): string {
  const known = [VENV_PYTHON, "python3.13", "python3.12", "python3.11", "python3"];
  const found = known.find((python) => (python === VENV_PYTHON ? existsSync(python) : spawnSync(python, ["-c", IS_FIT]).status === 0));
  if (found === undefined) throw inOneLine("The build reads the agents with Python 3.11, 3.12 or 3.13, and found none. Install one of them.");
  return found;
}

/** An error without a stack: the place in the build does not help the reader. */
function inOneLine(message: string): Error {
  const error = new Error(message);
  error.stack = message;
  return error;
}

function agentFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".toml"))
    .map((file) => join(folder, file));
}
