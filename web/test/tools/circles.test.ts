import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const LOADING_MS = 60_000; // of a program, on a busy machine
const WEB = fileURLToPath(new URL("../..", import.meta.url));
const OXLINT = join(WEB, "node_modules/oxlint/bin/oxlint");

let folder: string;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "circles-"))));
afterEach(() => rmSync(folder, { recursive: true }));

function check(files: Readonly<Record<string, string>>) {
  for (const [name, source] of Object.entries(files)) writeFileSync(join(folder, name), source);
  const { status, stdout } = spawnSync(process.execPath, [OXLINT, "--config", join(WEB, ".oxlintrc.json"), folder], { encoding: "utf8" });
  return { isClean: status === 0, report: stdout };
}

test("two modules that import each other are refused", { timeout: LOADING_MS }, () => {
  const { isClean, report } = check({
    "one.ts": 'import { two } from "./two.ts";\nexport const one = () => two;\n',
    "two.ts": 'import { one } from "./one.ts";\nexport const two = () => one;\n',
  });
  expect([isClean, report.includes("no-cycle")]).toEqual([false, true]);
});

test("a circle of three is refused, although only types close it", { timeout: LOADING_MS }, () => {
  const { isClean, report } = check({
    "one.ts": 'import { two } from "./two.ts";\nexport type One = typeof two;\n',
    "two.ts": 'import { three } from "./three.ts";\nexport const two = three;\n',
    "three.ts": 'import type { One } from "./one.ts";\nexport const three: One | undefined = undefined;\n',
  });
  expect([isClean, report.includes("no-cycle")]).toEqual([false, true]);
});

test("modules that import in one direction are accepted", { timeout: LOADING_MS }, () => {
  const { isClean } = check({
    "one.ts": 'import { two } from "./two.ts";\nimport type { Three } from "./three.ts";\nexport const one: Three = two;\n',
    "two.ts": 'import type { Three } from "./three.ts";\nexport const two: Three = 2;\n',
    "three.ts": "export type Three = number;\n",
  });
  expect(isClean).toBe(true);
});
