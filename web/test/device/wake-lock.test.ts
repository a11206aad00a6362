import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WakeLock } from "../../src/device/wake-lock.ts";

interface Lock {
  released: boolean;
}

let held: number;
let newest: Lock;
let page: EventTarget & { visibilityState: string };

beforeEach(() => {
  held = 0;
  page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  vi.stubGlobal("document", page);
  vi.stubGlobal("navigator", { wakeLock: { request: take } });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function take(): Promise<unknown> {
  held += 1;
  const lock: Lock & { release: () => Promise<void> } = {
    released: false,
    release: () => {
      letGo(lock);
      return Promise.resolve();
    },
  };
  newest = lock;
  return Promise.resolve(lock);
}

function letGo(lock: Lock): void {
  lock.released = true;
  held -= 1;
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function show(visibilityState: string): void {
  page.visibilityState = visibilityState;
  page.dispatchEvent(new Event("visibilitychange"));
}

test("the screen stays on from the beginning to the end, also after the page was hidden", async () => {
  const lock = new WakeLock();
  lock.hold();
  await settle();
  expect(held).toBe(1);
  letGo(newest); // the browser does, by itself, when the page is hidden
  show("hidden");
  show("visible");
  await settle();
  expect(held).toBe(1);
  lock.release();
  expect(held).toBe(0);
});

test("one lock is held at a time, so that none is left when the call is over", async () => {
  const lock = new WakeLock();
  lock.hold();
  show("visible"); // while the browser thinks about the first
  await settle();
  show("visible");
  await settle();
  expect(held).toBe(1);
  lock.release();
  await settle();
  expect(held).toBe(0);
});

test("a call that ended meanwhile keeps no screen on", async () => {
  const lock = new WakeLock();
  lock.hold();
  lock.release();
  await settle();
  expect(held).toBe(0);
});

test("a browser that refuses, or has none, changes nothing", async () => {
  vi.stubGlobal("navigator", { wakeLock: { request: () => Promise.reject(new DOMException("", "NotAllowedError")) } });
  new WakeLock().hold();
  vi.stubGlobal("navigator", {});
  new WakeLock().hold();
  await settle();
  expect(held).toBe(0);
});
