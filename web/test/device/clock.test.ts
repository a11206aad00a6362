import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

let clock: typeof import("../../src/device/clock.ts");

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
  vi.resetModules(); // it begins with the clocks of this test
  clock = await import("../../src/device/clock.ts");
});

afterEach(() => {
  vi.useRealTimers();
});

/** The wall clock goes on alone, as on systems whose other clock stands still in sleep; less than 0: it is set back. */
function sleep(seconds: number): void {
  vi.setSystemTime(Date.now() + seconds * 1000);
}

describe("the page's clock", () => {
  test("counts time awake and time asleep", () => {
    const began = clock.elapsed();
    vi.advanceTimersByTime(10_000);
    sleep(75);
    expect(clock.elapsed() - began).toBe(85_000);
    sleep(20);
    vi.advanceTimersByTime(5_000);
    expect(clock.elapsed() - began).toBe(110_000);
  });

  test("never goes back when the device's time is set back, and counts the sleep after that", () => {
    const began = clock.elapsed();
    sleep(-3600);
    expect(clock.elapsed() - began).toBe(0);
    vi.advanceTimersByTime(1_000);
    sleep(75);
    expect(clock.elapsed() - began).toBe(76_000);
  });

  test("does not add up how the two clocks tremble", () => {
    const began = clock.elapsed();
    for (const tremble of [0.3, -0.3, 0.3, -0.3]) {
      sleep(tremble);
      clock.elapsed();
    }
    expect(clock.elapsed() - began).toBe(0);
  });
});

describe("what is due after a while", () => {
  test("is done once, then", () => {
    const act = vi.fn();
    clock.after(60_000, act);
    vi.advanceTimersByTime(59_999);
    expect(act).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100_000);
    expect(act).toHaveBeenCalledOnce();
  });

  test("is done some seconds after waking when it was due in sleep", () => {
    const act = vi.fn();
    clock.after(60_000, act);
    vi.advanceTimersByTime(1_000);
    sleep(75);
    vi.advanceTimersByTime(5_000);
    expect(act).toHaveBeenCalledOnce();
  });

  test("is not done when it was stopped", () => {
    const act = vi.fn();
    const stop = clock.after(60_000, act);
    vi.advanceTimersByTime(30_000);
    stop();
    vi.advanceTimersByTime(60_000);
    expect(act).not.toHaveBeenCalled();
  });
});
