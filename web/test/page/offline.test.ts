import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepOffline, renew } from "../../src/page/offline.ts";

class ScriptedWorker extends EventTarget {
  readonly told: unknown[] = [];
  state: string;

  constructor(state: string) {
    super();
    this.state = state;
  }

  postMessage(message: unknown): void {
    this.told.push(message);
  }

  become(state: string): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}

class ScriptedRegistration extends EventTarget {
  installing: ScriptedWorker | null = null;
  waiting: ScriptedWorker | null = null;
  active: ScriptedWorker | null = new ScriptedWorker("activated");
  update = vi.fn(() => Promise.resolve());
}

let registration: ScriptedRegistration;
let container: EventTarget;
let page: EventTarget;
const reload = vi.fn();
const told = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  registration = new ScriptedRegistration();
  container = Object.assign(new EventTarget(), {
    register: () => Promise.resolve(registration),
    getRegistration: () => Promise.resolve(registration),
  });
  page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("navigator", { serviceWorker: container });
  vi.stubGlobal("document", Object.assign(new EventTarget(), { visibilityState: "visible" }));
  vi.stubGlobal("location", { reload });
  reload.mockClear();
  told.mockClear();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test.each<[string, () => void | Promise<void>]>([
  ["waits already", () => void (registration.waiting = new ScriptedWorker("installed"))],
  ["was found while the page was loading", () => void (registration.installing = new ScriptedWorker("installing"))],
])("a newer version that %s is told", async (_, find) => {
  await find();
  await keepOffline(told);
  registration.installing?.become("installed");
  expect(told).toHaveBeenCalledOnce();
});

test("the version that the page itself is of is not told as newer", async () => {
  registration.active = null;
  registration.installing = new ScriptedWorker("installing");
  await keepOffline(told);
  registration.installing.become("installed");
  expect(told).not.toHaveBeenCalled();
});

test("a page that another tab has left behind is told", async () => {
  await keepOffline(told);
  container.dispatchEvent(new Event("controllerchange"));
  expect(told).toHaveBeenCalledOnce();
});

test("a newer version is looked for once an hour, also when the hour was slept through, and when a file is missing", async () => {
  await keepOffline(told);
  document.dispatchEvent(new Event("visibilitychange"));
  expect(registration.update).not.toHaveBeenCalled();
  vi.setSystemTime(Date.now() + 3_600_000); // asleep
  document.dispatchEvent(new Event("visibilitychange"));
  expect(registration.update).toHaveBeenCalledOnce();
  page.dispatchEvent(new Event("vite:preloadError"));
  expect(registration.update).toHaveBeenCalledTimes(2);
});

test("reloading has a worker that waits take over first", async () => {
  const worker = (registration.waiting = new ScriptedWorker("installed"));
  await renew();
  expect(worker.told).toEqual(["take over"]);
  expect(reload).not.toHaveBeenCalled();
  for (const state of ["activating", "activated"]) worker.become(state);
  vi.advanceTimersByTime(60_000);
  expect(reload).toHaveBeenCalledOnce();
});

test("reloading waits for a worker that is being installed", async () => {
  const worker = (registration.installing = new ScriptedWorker("installing"));
  await renew();
  expect(worker.told).toEqual([]);
  worker.become("installed");
  expect(worker.told).toEqual(["take over"]);
});

test("reloading looks for a newer version that nobody has heard of yet", async () => {
  const worker = new ScriptedWorker("installing");
  registration.update.mockImplementationOnce(() => Promise.resolve(void (registration.installing = worker)));
  await renew();
  worker.become("installed");
  expect(worker.told).toEqual(["take over"]);
  expect(reload).not.toHaveBeenCalled();
});

test("reloading works without a network too", async () => {
  registration.update.mockImplementationOnce(() => Promise.reject(new TypeError("Failed to fetch")));
  await renew();
  expect(reload).toHaveBeenCalledOnce();
});

test("reloading is at once when no worker waits any more", async () => {
  await renew();
  expect(reload).toHaveBeenCalledOnce();
});

test("reloading does not wait for ever for a worker that does not take over", async () => {
  registration.waiting = new ScriptedWorker("installed");
  await renew();
  vi.advanceTimersByTime(15_000);
  expect(reload).toHaveBeenCalledOnce();
});

test("a page without workers is reloaded too", async () => {
  vi.stubGlobal("navigator", {});
  await keepOffline(told);
  await renew();
  expect(reload).toHaveBeenCalledOnce();
});
