import js from "@eslint/js";
import noUnsanitized from "eslint-plugin-no-unsanitized";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

// The modules of src/ that bridge the call and the user interface, or belong to the latter.
const PAGE_MODULES = ["choices", "controls", "event-list", "export-formats", "figures", "link", "page-state", "recorder", "sheet-words", "words"];

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
  {
    // The call knows no page: nothing under it may import the user interface.
    files: ["src/*.ts", "src/log/**"],
    ignores: PAGE_MODULES.map((name) => `src/${name}.ts`),
    rules: { "no-restricted-imports": ["error", { patterns: ["**/ui/*", "**/words*", "preact*", "@preact/*"] }] },
  },
  { files: ["src/words/*"], rules: { "max-lines": "off" } }, // one list of sentences, however many there are
  { files: ["**/*.js"], extends: [tseslint.configs.disableTypeChecked] },
  {
    files: ["test/**"],
    rules: { "max-lines": "off", "max-lines-per-function": "off", "@typescript-eslint/no-non-null-assertion": "off" },
  },
);
