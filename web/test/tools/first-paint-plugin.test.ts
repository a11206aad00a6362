import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { build, type Rolldown } from "vite";
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
  await expect(buildOf({ "/page.js": 'import "/heavy.js";', "/heavy.js": heavy() })).rejects.toThrow(/first paint: \d+\.\d of at most 40 KiB/);
});

test("however many agents an owner writes, the page can be built", async () => {
  const { output } = await buildOf({ "/page.js": 'import "/owners.js";', "/owners.js": heavy() });
  expect(output[0].code.length).toBeGreaterThan(60_000);
});

function heavy(): string {
  return `document.title = "${randomBytes(60_000).toString("base64")}";`;
}

async function buildOf(modules: Readonly<Record<string, string>>) {
  const page = {
    name: "page",
    resolveId: (id: string) => (id in modules ? `\0${id}` : undefined),
    load: (id: string) => modules[id.slice(1)],
    generateBundle(this: { emitFile: (file: { type: "asset"; fileName: string; source: string }) => void }) {
      this.emitFile({ type: "asset", fileName: "index.html", source: '<script src="/page.js"></script>' });
    },
  };
  const options = { write: false as const, rolldownOptions: { input: "/page.js", output: { entryFileNames: "page.js" } } };
  const built = await build({ configFile: false, logLevel: "silent", plugins: [page, firstPaintPlugin(40, "\0/owners.js")], build: options });
  return built as Rolldown.RolldownOutput;
}
