/** Builds src/page/service-worker.ts to /service-worker.js, and gives it the list of the page's files. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Plugin, Rolldown } from "vite";

export const WORKER_FILE = "service-worker.js";
const LIST = "SHELL";

/** The list includes the files of public/ (`publicFolder`). */
export function serviceWorkerPlugin(publicFolder: string): Plugin {
  return {
    name: "service-worker",
    enforce: "post",
    generateBundle(_, bundle) {
      const worker = bundle[WORKER_FILE];
      if (worker?.type !== "chunk") return this.error(`${WORKER_FILE} is not among the build's inputs. Add it in vite.config.ts.`);
      if (worker.imports.length > 0) return this.error(`${WORKER_FILE} must be one file, but it imports ${worker.imports.join(", ")}`);
      const built = Object.entries(bundle).filter(([name]) => name !== WORKER_FILE && !name.endsWith(".map"));
      const later = built.filter(([, file]) => isOfTheSdk(file)).map(([name]) => `/${name}`);
      const ahead = built.filter(([, file]) => !isOfTheSdk(file));
      const contents = ahead.map(([name, file]) => [name, file.type === "chunk" ? file.code : file.source] as const);
      const list = { ...shell([...contents, ...publicFiles(publicFolder)]), later };
      worker.code = `const ${LIST}=${JSON.stringify(list)};\n${worker.code}`;
    },
  };
}

/** The Agents SDK is large and needed only during a call, so the worker keeps it only after its first use. */
function isOfTheSdk(file: Rolldown.OutputAsset | Rolldown.OutputChunk): boolean {
  return file.type === "chunk" && file.moduleIds.some((id) => id.includes("/node_modules/@openai/"));
}

/** The addresses of these files, and a version that any change to one of them changes. */
export function shell(files: readonly (readonly [name: string, content: string | Uint8Array])[]) {
  const hash = createHash("sha256");
  const sorted = [...files].sort(([one], [other]) => (one < other ? -1 : 1));
  for (const [name, content] of sorted) hash.update(`${name}\0`).update(content).update("\0");
  const addresses = sorted.map(([name]) => (name === "index.html" ? "/" : `/${name}`));
  return { version: hash.digest("hex").slice(0, 16), files: addresses };
}

function publicFiles(folder: string): [string, Uint8Array][] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return [relative(folder, path).replaceAll("\\", "/"), readFileSync(path)];
  });
}
