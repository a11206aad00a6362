import js from "@eslint/js";
import noUnsanitized from "eslint-plugin-no-unsanitized";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

// The rooms of src/, the lowest floor first. A room imports nothing from its own floor or from a higher one. Types are no
// exception to what a reader has to know, but they cost nothing at run time, and are allowed.
const FLOORS = [
  ["protocol"],
  ["device"],
  ["sound", "turns", "pictures", "readings"],
  ["log", "connection"],
  ["call"],
  ["tools"],
  ["language"],
  ["page", "controls"],
  ["ui"],
];
const CALL_FLOORS = 6; // these know no page: no user interface, no words, no signals
const BELOW_THE_PAGE = ["preact*", "@preact/*"];

export default defineConfig(
  globalIgnores(["dist", "node_modules"]),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  noUnsanitized.configs.recommended,
  {
    languageOptions: {
      parserOptions: { project: ["./tsconfig.json", "./tsconfig.tools.json"], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "max-lines": ["error", { max: 250, skipBlankLines: true }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "no-eval": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  FLOORS.flatMap((rooms, floor) => rooms.map((room) => rulesOf(room, floor))),
  { files: ["src/language/words/*"], rules: { "max-lines": "off" } }, // one list of sentences, however many there are
  { files: ["**/*.js"], extends: [tseslint.configs.disableTypeChecked] },
  {
    files: ["test/**"],
    rules: { "max-lines": "off", "max-lines-per-function": "off", "@typescript-eslint/no-non-null-assertion": "off" },
  },
);

/** What a room of this floor (from 0) may import. */
function rulesOf(room, floor) {
  const others = FLOORS.slice(floor).flat().filter((other) => other !== room);
  const rooms = { group: others.map((other) => `**/${other}/**`), allowTypeImports: true, message: "A room imports values only from rooms on a lower floor." };
  const page = { group: BELOW_THE_PAGE, message: "Rooms below language/ import neither Preact nor signals." };
  const patterns = [...(others.length > 0 ? [rooms] : []), ...(floor < CALL_FLOORS ? [page] : [])];
  if (patterns.length === 0) return [];
  return { files: [`src/${room}/**`], rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns }] } };
}
