import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { build } from "vite";
import { firstPaint, firstPaintPlugin } from "../../tools/first-paint-plugin.ts";

const HTML = '<script type="module" crossorigin src="/assets/a.js"></script><link rel="stylesheet" href="/assets/a.css">';

test("counts what the page loads at once, also through imports, and nothing else", () => {
  const files = {
    "index.html": HTML,
    "assets/a.js": 'import"./b.js";import{x}from"./c.js";const lazy=()=>import("./later.js");',
    "assets/a.css": "body{}",
    "assets/b.js": 'import"./a.js";',
    "assets/c.js": "1",
    "assets/later.js": "2",
  };
  expect([...firstPaint(files).keys()].sort()).toEqual(["assets/a.css", "assets/a.js", "assets/b.js", "assets/c.js", "index.html"]);
});

test("a page that has grown too heavy fails the build", async () => {
  const heavy = `export const x = "${randomBytes(60_000).toString("base64")}";document.title = x;`;
  const page = {
    name: "page",
    resolveId: (id: string) => (id === "/heavy.js" ? "\0heavy" : undefined),
    load: (id: string) => (id === "\0heavy" ? heavy : undefined),
    generateBundle(this: { emitFile: (file: { type: "asset"; fileName: string; source: string }) => void }) {
      this.emitFile({ type: "asset", fileName: "index.html", source: '<script src="/heavy.js"></script>' });
    },
  };
  const output = { entryFileNames: "heavy.js" };
  const options = { write: false, rolldownOptions: { input: "/heavy.js", output } };
  const built = build({ configFile: false, logLevel: "silent", plugins: [page, firstPaintPlugin(40)], build: options });
  await expect(built).rejects.toThrow(/first paint: \d+\.\d of at most 40 KiB/);
});
