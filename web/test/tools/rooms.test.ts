import { fileURLToPath } from "node:url";
import { ESLint } from "eslint";
import { beforeAll, expect, test } from "vitest";

const LOADING_MS = 60_000; // of ESLint and its plugins, on a busy machine
const WEB = fileURLToPath(new URL("../..", import.meta.url));
const RULE = "@typescript-eslint/no-restricted-imports";

// Without the rules that need types: they would read the whole page first.
const overrideConfig = { languageOptions: { parserOptions: { project: null } } };
const eslint = new ESLint({ cwd: WEB, overrideConfig, ruleFilter: ({ ruleId }) => ruleId === RULE });

beforeAll(() => eslint.lintText("", { filePath: "src/main.tsx" }), LOADING_MS);

test.each([
  ["src/call/call.ts", 'import { words } from "../language/words.ts"; words;', true],
  ["src/sound/levels.ts", 'import { Line } from "../connection/line.ts"; new Line();', true],
  ["src/turns/response-queue.ts", 'import { Microphone } from "../sound/microphone.ts"; new Microphone();', true],
  ["src/log/batches.ts", 'import { signal } from "@preact/signals"; signal(1);', true],
  ["src/page/choices.ts", 'import { App } from "../ui/App.tsx"; App;', true],
  ["src/ui/Note.tsx", 'import { words } from "../language/words.ts"; words;', false],
  ["src/call/call.ts", 'import { Line } from "../connection/line.ts"; new Line();', false],
  ["src/turns/response-queue.ts", 'import type { Microphone } from "../sound/microphone.ts"; export type M = Microphone;', false],
])("%s: %s", async (filePath, code, isRefused) => {
  const [result] = await eslint.lintText(code, { filePath });
  expect(result?.messages.map(({ ruleId }) => ruleId)).toEqual(isRefused ? [RULE] : []);
});
