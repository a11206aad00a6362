import { beforeEach, expect, test } from "vitest";
import { Ahead } from "../../src/connection/ahead.ts";
import type { Fields } from "../../src/protocol/events.ts";

const MINUTE_MS = 60_000;

let now: number;
let kept: Fields;

beforeEach(() => {
  now = Date.UTC(2026, 10, 21, 8);
  kept = {};
});

/** The page as it is loaded on a device that keeps what was written before. */
function loaded(): Ahead {
  return new Ahead({ read: () => kept, write: (values) => void (kept = values) }, () => now);
}

/** How many of so many looks, a minute after each other, fetch a client secret. */
function fetched(times: number, ask: (ahead: Ahead) => boolean): number {
  return Array.from({ length: times }, () => ask(loaded()) && (now += MINUTE_MS)).filter(Boolean).length;
}

const look = (ahead: Ahead) => ahead.look();
const aim = (ahead: Ahead) => ahead.aim();

test("whoever only looks at the page all day long uses three of the day", () => {
  expect(fetched(200, look)).toBe(3);
});

test("a pointer that comes to the button fetches some more", () => {
  expect(fetched(200, look)).toBe(3);
  expect(fetched(200, aim)).toBe(5);
  expect(fetched(200, look)).toBe(0);
});

test("who calls finds one ahead each time", () => {
  for (let call = 0; call < 20; call += 1) {
    expect(loaded().look()).toBe(true);
    loaded().used();
    now += MINUTE_MS;
  }
});

test("the next day begins anew", () => {
  expect(fetched(200, aim)).toBe(8);
  now += 24 * 60 * MINUTE_MS;
  expect(fetched(200, look)).toBe(3);
});

test("to look again while one is still good costs nothing", () => {
  const ahead = loaded();
  for (let times = 0; times < 10; times += 1) {
    expect(ahead.look()).toBe(true);
    now += 5_000;
  }
  expect(kept.unused).toBe(1);
});

test.each([{ unused: "many" }, { day: null, unused: 99 }, {}])("what else was kept, as %o, counts as nothing", (before) => {
  kept = before;
  expect(loaded().look()).toBe(true);
});
