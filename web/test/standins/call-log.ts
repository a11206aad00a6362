/** A log that sends to a scripted server: what the tests of `CallLog` share. */

import "fake-indexeddb/auto";
import { afterEach, beforeEach, vi } from "vitest";
import { CallLog } from "../../src/log/call-log.ts";
import type { Outbox } from "../../src/log/memory-outbox.ts";
import { openOutbox } from "../../src/log/outbox.ts";

interface Received {
  readonly name: string;
  readonly body: string;
  readonly keepalive: boolean;
  readonly person: string | null;
}

export let received: Received[];
export let answers: (() => Response | Promise<Response>)[];
let databases = 0;

/** Each test of the file gets a server of its own, which stores every batch until told otherwise. */
export function useLogServer(): void {
  beforeEach(() => {
    received = [];
    answers = [];
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    vi.stubGlobal("navigator", { onLine: true, locks: { request: (_: string, work: () => unknown) => work() } });
    vi.stubGlobal("fetch", (_: string, options: RequestInit) => {
      const headers = new Headers(options.headers);
      const name = headers.get("voicemint-batch") ?? "";
      received.push({ name, person: headers.get("voicemint-person"), body: options.body as string, keepalive: options.keepalive === true });
      return Promise.resolve((answers.shift() ?? stored)());
    });
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}

/** What the server answers to the next requests. */
export function answerWith(...next: typeof answers): void {
  answers = next;
}

export function stored(): Response {
  return Response.json({ stored: 1, object: "calls/…" });
}

export function refused(status: number, headers: Record<string, string> = {}): () => Response {
  return () => Response.json({ error: { code: "x", message: "x" } }, { status, headers });
}

export function noNetwork(): Promise<Response> {
  return Promise.reject(new TypeError("Failed to fetch"));
}

/** An outbox in a database of its own. */
export function newOutbox(): Promise<Outbox> {
  return openOutbox(`log-${(databases += 1)}`);
}

/** The log of a page where Ana is signed in. */
export async function open(): Promise<{ log: CallLog; outbox: Outbox }> {
  const outbox = await newOutbox();
  return { log: await visit(outbox, "ana"), outbox };
}

export async function visit(outbox: Outbox, person: string): Promise<CallLog> {
  const log = new CallLog(Promise.resolve(outbox));
  const belongs = log.belongTo(person);
  await settle();
  await belongs;
  return log;
}

/** Lets IndexedDB and the requests finish, and fires the timers that have come due by then. */
export async function settle(milliseconds = 0): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  await vi.advanceTimersByTimeAsync(milliseconds);
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export function events(): string[] {
  return received.flatMap(({ body }) => body.trim().split("\n")).map((line) => (JSON.parse(line) as { event: { type: string } }).event.type);
}
