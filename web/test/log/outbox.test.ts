import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Batch } from "../../src/log/batches.ts";
import { OUTBOX_BYTES, OUTBOX_MS, type Outbox } from "../../src/log/memory-outbox.ts";
import { openOutbox } from "../../src/log/outbox.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

let databases = 0;

const KINDS: [string, () => Promise<Outbox>][] = [
  ["in IndexedDB", () => openOutbox(`test-${(databases += 1)}`)],
  [
    "in memory",
    () => {
      vi.stubGlobal("indexedDB", undefined);
      return openOutbox();
    },
  ],
];

function batch(sequence: number, more: Partial<Batch> = {}): Batch {
  return { callId: "rtc_1", sequence, body: "{}\n", entries: 1, bytes: 3, sealedAt: Date.now() + sequence, ...more };
}

async function kept(outbox: Outbox): Promise<number[]> {
  return (await outbox.all()).map(({ sequence }) => sequence);
}

describe.each(KINDS)("the outbox %s", (_, open) => {
  test("gives what it was given, oldest first, until it is removed", async () => {
    const outbox = await open();
    for (const sequence of [0, 1, 2]) await outbox.put(batch(sequence));
    await outbox.remove(batch(1));
    expect(await kept(outbox)).toEqual([0, 2]);
    expect((await outbox.all())[0]?.body).toBe("{}\n");
  });

  test("drops the oldest over 1 MiB and says which", async () => {
    const outbox = await open();
    for (const sequence of [0, 1, 2, 3, 4]) await outbox.put(batch(sequence, { bytes: OUTBOX_BYTES / 4 }));
    expect((await outbox.prune()).map(({ sequence }) => sequence)).toEqual([0]);
    expect(await kept(outbox)).toEqual([1, 2, 3, 4]);
  });

  test("drops what is older than 24 hours", async () => {
    const outbox = await open();
    await outbox.put(batch(0, { sealedAt: Date.now() - OUTBOX_MS - 1 }));
    await outbox.put(batch(1));
    expect(await outbox.prune()).toHaveLength(1);
    expect(await kept(outbox)).toEqual([1]);
  });
});

describe("whose a kept batch is", () => {
  let stored: Map<string, string>;

  beforeEach(() => {
    stored = new Map();
    const localStorage = { getItem: (name: string) => stored.get(name) ?? null, setItem: (name: string, text: string) => stored.set(name, text) };
    vi.stubGlobal("localStorage", localStorage);
  });

  const ofBoth = [batch(0, { person: "ana" }), batch(1, { person: "ben" })];

  test.each(KINDS)("goes where it is another person's, %s", async (_, open) => {
    const outbox = await open();
    for (const each of ofBoth) await outbox.put(each);
    await outbox.keepFor("ben");
    expect(await kept(outbox)).toEqual([1]);
  });

  test("without a mark is the person's on a device where nobody else was seen", async () => {
    const outbox = await openOutbox(`test-${(databases += 1)}`);
    await outbox.put(batch(0));
    await outbox.keepFor("ana");
    await outbox.keepFor("ana");
    expect(await kept(outbox)).toEqual([0]);
  });

  test("without a mark goes where somebody else was seen", async () => {
    const outbox = await openOutbox(`test-${(databases += 1)}`);
    await outbox.keepFor("ana");
    await outbox.put(batch(0));
    await outbox.keepFor("ben");
    expect(await kept(outbox)).toEqual([]);
  });

  test("without a mark goes when a link was used, or everything forgotten, since", async () => {
    const outbox = await openOutbox(`test-${(databases += 1)}`);
    await outbox.keepFor("ana");
    await outbox.clear();
    await outbox.put(batch(0));
    await outbox.keepFor("ana");
    expect(await kept(outbox)).toEqual([]);
  });

  test("cannot be told by a server without marks: all stays", async () => {
    const outbox = await openOutbox(`test-${(databases += 1)}`);
    for (const each of ofBoth) await outbox.put(each);
    await outbox.keepFor("");
    expect(await kept(outbox)).toEqual([0, 1]);
  });
});

test("what one tab kept, the next visit finds", async () => {
  await (await openOutbox("shared")).put(batch(0));
  expect(await kept(await openOutbox("shared"))).toEqual([0]);
});
