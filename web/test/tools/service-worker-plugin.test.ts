import { expect, test } from "vitest";
import { shell } from "../../tools/service-worker-plugin.ts";

const FILES: [string, string][] = [
  ["index.html", "<html>"],
  ["assets/page-1.js", "1"],
];

test("lists every file by its address, the page itself as /", () => {
  expect(shell(FILES).files).toEqual(["/assets/page-1.js", "/"]);
});

test("has another version when a file changes, is added or is renamed, and only then", () => {
  const { version } = shell(FILES);
  expect(shell([...FILES].reverse()).version).toBe(version);
  expect(shell([["index.html", "<html>!"], FILES[1]!]).version).not.toBe(version);
  expect(shell([...FILES, ["icon.svg", ""]]).version).not.toBe(version);
  expect(shell([FILES[0]!, ["assets/page-2.js", "1"]]).version).not.toBe(version);
});
