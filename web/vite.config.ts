import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { agentsPlugin } from "./tools/agents-plugin.ts";
import { firstPaintPlugin } from "./tools/first-paint-plugin.ts";

const FIRST_PAINT_KIB = 40;

export default defineConfig({
  plugins: [
    agentsPlugin(fileURLToPath(new URL("../functions/agents", import.meta.url))),
    firstPaintPlugin(FIRST_PAINT_KIB),
  ],
  build: {
    target: ["safari17.4", "chrome123", "firefox121"],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the Content-Security-Policy knows no data: scripts or styles
    reportCompressedSize: false,
  },
  test: { include: ["test/**/*.test.ts"] },
});
