/** Fails the build if the files for the first paint are too large. */

import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

type Files = Readonly<Record<string, string | Uint8Array>>;

/** `ownersModule` holds the owner's agents. They do not count: an owner may have many. */
export function firstPaintPlugin(limitKiB: number, ownersModule: string): Plugin {
  let owners = 0;
  return {
    name: "first-paint",
    enforce: "post",
    renderChunk(_, chunk) {
      const code = chunk.modules[ownersModule]?.code;
      if (typeof code === "string") owners = gzipSync(code).length;
    },
    generateBundle(_, bundle) {
      const files = Object.entries(bundle).map(([name, file]) => [name, file.type === "chunk" ? file.code : file.source]);
      const parts = firstPaint(Object.fromEntries(files) as Files);
      const total = sum(parts) - owners;
      const table = [...parts].map(([name, bytes]) => `${name} ${kib(bytes)}`).join(", ");
      const report = `first paint: ${kib(total)} of at most ${limitKiB} KiB gzip (${table}, less the agents ${kib(owners)})`;
      if (total > limitKiB * 1024) this.error(`${report}. Load something later, with import().`);
      this.info(report);
    },
  };
}

/** Gzip bytes of index.html and of every script and style that it loads, and they load, before anyone taps. */
export function firstPaint(files: Files): Map<string, number> {
  const parts = new Map<string, number>();
  const waiting = ["index.html"];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const file = files[name];
    if (file === undefined || parts.has(name)) continue;
    parts.set(name, gzipSync(file).length);
    waiting.push(...loadedBy(name, Buffer.from(file).toString()));
  }
  return parts;
}

function loadedBy(name: string, source: string): string[] {
  const pattern = name.endsWith(".html") ? /(?:src|href)="\/([^"]+\.(?:js|css))"/g : /(?:from|import)\s*"\.\/([^"]+\.js)"/g;
  const folder = name.slice(0, name.lastIndexOf("/") + 1);
  return [...source.matchAll(pattern)].map(([, found]) => folder + String(found));
}

function sum(parts: ReadonlyMap<string, number>): number {
  return [...parts.values()].reduce((total, bytes) => total + bytes, 0);
}

function kib(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}
