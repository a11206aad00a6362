import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { AGENTS_MODULE, agentsPlugin } from "./tools/agents-plugin.ts";
import { firstPaintPlugin } from "./tools/first-paint-plugin.ts";
import { serviceWorkerPlugin, WORKER_FILE } from "./tools/service-worker-plugin.ts";

const FIRST_PAINT_KIB = 40;

export default defineConfig({
  plugins: [
    agentsPlugin(process.env.AGENTS_FOLDER ?? fileURLToPath(new URL("../functions/agents", import.meta.url))),
    firstPaintPlugin(FIRST_PAINT_KIB, AGENTS_MODULE),
    serviceWorkerPlugin(fileURLToPath(new URL("public", import.meta.url))),
  ],
  build: {
    target: ["safari17.4", "chrome123", "firefox121"],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the Content-Security-Policy knows no data: scripts or styles
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_100, // the Agents SDK, loaded after the first sound
    rolldownOptions: {
      input: { page: "index.html", worker: "src/page/service-worker.ts" },
      output: {
        entryFileNames: ({ name }) => (name === "worker" ? WORKER_FILE : "assets/[name]-[hash].js"),
        // One script before the first paint: another file could cost another connection.
        codeSplitting: { groups: [{ name: "page", tags: ["$initial"], test: (id) => !id.endsWith("service-worker.ts") }] },
      },
    },
  },
  test: { include: ["test/**/*.test.ts"] },
});
