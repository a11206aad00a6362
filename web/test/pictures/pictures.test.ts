import { expect, test } from "vitest";
import type { RealtimeEvent } from "../../src/protocol/events.ts";
import { hasChanged, signature } from "../../src/pictures/picture-change.ts";
import { Pictures } from "../../src/pictures/pictures.ts";
import { scaled, shrink } from "../../src/pictures/still.ts";

const URL = "data:image/jpeg;base64,AAAA";

test("a picture is sent as an item, and only the newest two stay in the session", () => {
  const pictures = new Pictures();
  const sent: RealtimeEvent[] = [];
  const send = (event: RealtimeEvent) => sent.push(event) > 0;
  expect(pictures.send(URL, send)).toEqual({ itemId: "picture_1", url: URL });
  pictures.send(URL, send);
  pictures.send(URL, send);
  expect(sent[0]).toMatchObject({ item: { id: "picture_1", role: "user", content: [{ type: "input_image", image_url: URL }] } });
  expect(sent.map((event) => event.item_id ?? (event.item as { id: string }).id)).toEqual(["picture_1", "picture_2", "picture_3", "picture_1"]);
  expect(sent.at(-1)?.type).toBe("conversation.item.delete");
});

test("a new session has none to delete, and no id is used twice", () => {
  const pictures = new Pictures();
  const sent: RealtimeEvent[] = [];
  for (const at of [0, 1, 2, 3]) {
    if (at === 2) pictures.forget();
    pictures.send(URL, (event) => sent.push(event) > 0);
  }
  expect(sent.map(({ type }) => type)).toEqual(Array(4).fill("conversation.item.create"));
  expect(new Set(sent.map(({ item }) => (item as { id: string }).id)).size).toBe(4);
});

test("a picture that cannot be sent is none", () => {
  expect(new Pictures().send(URL, () => false)).toBeUndefined();
});

test("an event with a picture stays below 60 kB", () => {
  const pictures = new Pictures();
  expect(pictures.fits("x".repeat(59_000))).toBe(true);
  expect(pictures.fits("x".repeat(60_000))).toBe(false);
});

test("a still is made smaller until it fits, or there is none", () => {
  const tried: number[] = [];
  const encode = ({ side, quality }: { side: number; quality: number }) => {
    tried.push(side);
    return "x".repeat(Math.round(side * side * quality * 0.3));
  };
  const fitting = shrink(encode, (url) => url.length < 60_000);
  expect(fitting?.length).toBeLessThan(60_000);
  expect(tried).toEqual([768, 768, 640]);
  expect(shrink(encode, () => false)).toBeUndefined();
});

test.each([
  [1280, 720, 768, [768, 432]],
  [720, 1280, 768, [432, 768]],
  [320, 240, 768, [320, 240]],
  [5000, 1, 256, [256, 1]],
])("%i × %i at most %i", (width, height, side, expected) => {
  expect(scaled(width, height, side)).toEqual(expected);
});

function picture(pixels: number, changed: number): Uint8Array {
  const rgba = new Uint8ClampedArray(pixels * 4).fill(100);
  rgba.fill(200, 0, changed * 4);
  return signature(rgba);
}

test("a picture is sent again when it has changed, not when it flickers", () => {
  const before = picture(768, 0);
  expect(hasChanged(undefined, before)).toBe(true);
  expect(hasChanged(before, picture(768, 0))).toBe(false);
  expect(hasChanged(before, picture(768, 8))).toBe(false);
  expect(hasChanged(before, picture(768, 32))).toBe(true);
  expect(hasChanged(before, before.map((luma) => luma + 9))).toBe(false);
});
