import { beforeEach, expect, test } from "vitest";
import { BATCH_BYTES, Batches, type Batch } from "../../src/log/batches.ts";
import { byteLength } from "../../src/log/entries.ts";

let sealed: Batch[];
let batches: Batches;

beforeEach(() => {
  sealed = [];
  batches = new Batches("page_1", (batch) => sealed.push(batch));
});

function names(): string[] {
  return sealed.map(({ callId, sequence, entries }) => `${callId}/${sequence}: ${entries}`);
}

test("a batch is sealed at 200 entries", () => {
  for (let at = 0; at < 401; at += 1) batches.add("{}");
  expect(names()).toEqual(["page_1/0: 200", "page_1/1: 200"]);
});

test("a batch is sealed before it grows over 48 KiB", () => {
  for (let at = 0; at < 10; at += 1) batches.add("é".repeat(8_000));
  batches.seal();
  expect(sealed.map(({ entries }) => entries)).toEqual([3, 3, 3, 1]);
  for (const { bytes, body } of sealed) {
    expect(bytes).toBe(byteLength(body));
    expect(bytes).toBeLessThanOrEqual(BATCH_BYTES);
  }
});

test("every line ends with a line end", () => {
  batches.add("1");
  batches.add("2");
  batches.seal();
  expect(sealed[0]?.body).toBe("1\n2\n");
});

test("each call has its own numbers, which go on when it comes back", () => {
  batches.add("{}");
  batches.switchTo("rtc_1");
  batches.add("{}");
  batches.add("{}");
  batches.switchTo("page_1");
  batches.add("{}");
  batches.seal();
  expect(names()).toEqual(["page_1/0: 1", "rtc_1/0: 2", "page_1/1: 1"]);
});

test("nothing makes no batch", () => {
  batches.seal();
  batches.switchTo("rtc_1");
  expect(sealed).toEqual([]);
});
