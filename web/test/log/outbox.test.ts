import "fake-indexeddb/auto";
import { afterEach, describe, expect, test, vi } from "vitest";
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

test("what one tab kept, the next visit finds", async () => {
  await (await openOutbox("shared")).put(batch(0));
  expect(await kept(await openOutbox("shared"))).toEqual([0]);
});
