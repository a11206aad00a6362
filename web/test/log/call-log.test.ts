import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CallLog } from "../../src/log/call-log.ts";
import type { Outbox } from "../../src/log/memory-outbox.ts";
import { openOutbox } from "../../src/log/outbox.ts";

interface Received {
  readonly name: string;
  readonly body: string;
  readonly keepalive: boolean;
  readonly person: string | null;
}

let received: Received[];
let answers: (() => Response | Promise<Response>)[];
let databases = 0;

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

function stored(): Response {
  return Response.json({ stored: 1, object: "calls/…" });
}

function refused(status: number, headers: Record<string, string> = {}): () => Response {
  return () => Response.json({ error: { code: "x", message: "x" } }, { status, headers });
}

function noNetwork(): Promise<Response> {
  return Promise.reject(new TypeError("Failed to fetch"));
}

/** The log of a page where Ana is signed in. */
async function open(): Promise<{ log: CallLog; outbox: Outbox }> {
  const outbox = await openOutbox(`log-${(databases += 1)}`);
  return { log: await visit(outbox, "ana"), outbox };
}

async function visit(outbox: Outbox, person: string): Promise<CallLog> {
  const log = new CallLog(Promise.resolve(outbox));
  const belongs = log.belongTo(person);
  await settle();
  await belongs;
  return log;
}

/** Lets IndexedDB and the requests finish, and fires the timers that have come due by then. */
async function settle(milliseconds = 0): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  await vi.advanceTimersByTimeAsync(milliseconds);
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function events(): string[] {
  return received.flatMap(({ body }) => body.trim().split("\n")).map((line) => (JSON.parse(line) as { event: { type: string } }).event.type);
}

describe("the log", () => {
  test("sends events in batches under the page's name, then the call's, then the page's again", async () => {
    const { log, outbox } = await open();
    log.add("page", { type: "one" });
    log.switchTo("rtc_1");
    log.add("server", { type: "two" });
    log.add("client", { type: "three" });
    log.switchTo();
    log.add("page", { type: "four" });
    log.seal();
    await settle();
    const sent = received.map(({ name, body }) => [name.replace(/page_[0-9a-f]{32}/, "page"), body.split("\n").length - 1]);
    expect(sent.sort()).toEqual([["page/0", 1], ["page/1", 1], ["rtc_1/0", 2]]);
    expect(events().sort()).toEqual(["four", "one", "three", "two"]);
    expect(await outbox.all()).toEqual([]);
  });

  test("seals by itself after a moment", async () => {
    const { log } = await open();
    log.add("page", { type: "one" });
    await settle(3_000);
    expect(events()).toEqual(["one"]);
  });

  test("held back, sends nothing until it is released", async () => {
    const { log } = await open();
    log.hold();
    log.add("page", { type: "one" });
    await settle(3_000);
    expect(events()).toEqual([]);
    log.release();
    await settle();
    expect(events()).toEqual(["one"]);
  });

  test("held back, is sent all the same by a page that closes", async () => {
    const { log } = await open();
    log.hold();
    log.add("page", { type: "one" });
    log.switchTo("rtc_1");
    log.add("page", { type: "two" });
    log.sealAndLeave();
    await settle();
    received = received.filter(({ keepalive }) => keepalive);
    expect(events()).toEqual(["one", "two"]);
  });

  test("paused, notes and sends nothing, and keeps what waits", async () => {
    const { log, outbox } = await open();
    answers = [noNetwork];
    log.add("page", { type: "one" });
    log.seal();
    await settle();
    received = [];
    log.add("page", { type: "two" });
    log.pause();
    log.add("page", { type: "three" });
    log.seal();
    await log.deliver();
    await settle();
    expect(received).toEqual([]);
    expect(await outbox.all()).toHaveLength(1);
  });

  test("forgets what waits and what was not sealed yet", async () => {
    const { log, outbox } = await open();
    answers = [noNetwork];
    log.add("page", { type: "one" });
    log.seal();
    await settle();
    log.add("page", { type: "two" });
    await log.forget();
    log.seal();
    await settle(60_000);
    expect(events()).toEqual(["one"]);
    expect(await outbox.all()).toEqual([]);
  });

  test("ignores a call id the server would refuse", async () => {
    const { log } = await open();
    log.switchTo("../../x");
    log.add("page", { type: "one" });
    log.seal();
    await settle();
    expect(received[0]?.name).toMatch(/^page_/);
  });

  test.each([
    ["no network", noNetwork],
    ["an error of the server", refused(503)],
    ["a sign-in that has run out", refused(401)],
    ["a body that the network brought too slowly", refused(408)],
    ["a 200 that is not from the log", () => new Response("<html>")],
  ])("repeats a batch, the same to the byte, after %s", async (_, answer) => {
    const { log, outbox } = await open();
    answers = [answer, answer];
    log.add("page", { type: "one" });
    log.seal();
    await settle();
    expect(await outbox.all()).toHaveLength(1);
    await settle(1_000);
    await settle(2_000);
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ name, body }) => name + body)).size).toBe(1);
    expect(await outbox.all()).toEqual([]);
  });

  test("waits as long as the server asks", async () => {
    const { log } = await open();
    answers = [refused(429, { "retry-after": "20" })];
    log.add("page", { type: "one" });
    log.seal();
    await settle(19_000);
    expect(received).toHaveLength(1);
    await settle(1_000);
    expect(received).toHaveLength(2);
  });

  test("keeps waiting when new batches come", async () => {
    const { log } = await open();
    answers = [refused(503)];
    log.add("page", { type: "one" });
    log.seal();
    await settle();
    log.add("page", { type: "two" });
    log.seal();
    await settle();
    expect(received).toHaveLength(1);
    await settle(1_000);
    expect(events()).toEqual(["one", "one", "two"]);
  });

  test("gives up a batch the server will never take, and says so in the next", async () => {
    const { log, outbox } = await open();
    answers = [refused(413)];
    log.add("page", { type: "one" });
    log.seal();
    await settle();
    expect(await outbox.all()).toEqual([]);
    log.add("page", { type: "two" });
    log.seal();
    await settle();
    expect(events()).toEqual(["one", "log.refused", "two"]);
  });

  test("does not report for ever that its reports are refused", async () => {
    const { log } = await open();
    answers = [refused(400), refused(400)];
    log.add("page", { type: "one" });
    log.seal();
    await settle();
    log.add("page", { type: "two" });
    log.seal();
    await settle(60_000);
    expect(received).toHaveLength(2);
  });

  test("sends what an earlier visit could not", async () => {
    const { log, outbox } = await open();
    answers = [noNetwork];
    log.add("page", { type: "one" });
    log.seal();
    await settle();
    received = [];
    await visit(outbox, "ana");
    expect(events()).toEqual(["one"]);
  });
});

describe("a page that is left", () => {
  test("sends its last batch at once, in one request that outlives it", async () => {
    const { log, outbox } = await open();
    await settle();
    log.add("page", { type: "one" });
    log.sealAndLeave();
    expect(received.map(({ keepalive }) => keepalive)).toEqual([true]); // before anything is awaited
    await settle();
    expect(received).toHaveLength(1);
    expect(await outbox.all()).toEqual([]);
  });

  test("sends again what is under way in a request that ends with the page", async () => {
    const { log, outbox } = await open();
    await settle();
    log.add("page", { type: "one" });
    log.seal();
    log.sealAndLeave();
    expect(received.map(({ keepalive }) => keepalive)).toEqual([true]);
    await settle();
    expect(events()).toEqual(["one", "one"]);
    expect(await outbox.all()).toEqual([]);
    log.sealAndLeave();
    expect(received).toHaveLength(2); // acknowledged, it is not sent a third time
  });

  test("keeps the batch for the next visit when it does not get out", async () => {
    const { log, outbox } = await open();
    await settle();
    answers = [noNetwork];
    log.add("page", { type: "one" });
    log.sealAndLeave();
    await settle();
    expect(await outbox.all()).toHaveLength(1);
  });

  test("sends nothing when there is nothing to say", async () => {
    const { log } = await open();
    log.sealAndLeave();
    await settle();
    expect(received).toEqual([]);
  });
});

test("a device that keeps nothing still sends", async () => {
  const outbox = await openOutbox(`log-${(databases += 1)}`);
  vi.spyOn(outbox, "put").mockRejectedValue(new DOMException("full", "QuotaExceededError"));
  const log = await visit(outbox, "ana");
  log.add("page", { type: "one" });
  log.seal();
  await settle();
  expect(events()).toEqual(["one"]);
});

describe("whose a batch is", () => {
  const words = (type: string) => ({ type });

  /** What an earlier visit could not send. */
  async function waiting(person: string): Promise<Outbox> {
    const outbox = await openOutbox(`log-${(databases += 1)}`);
    const body = `${JSON.stringify({ event: words("hers") })}\n`;
    await outbox.put({ callId: "rtc_1", sequence: 0, body, entries: 1, bytes: body.length, sealedAt: Date.now(), person });
    return outbox;
  }

  test("is told with it", async () => {
    const { log } = await open();
    log.add("page", words("hers"));
    log.seal();
    await settle();
    expect(received.map(({ person }) => person)).toEqual(["ana"]);
  });

  test("another person's is not sent and does not stay", async () => {
    const outbox = await waiting("ana");
    const log = await visit(outbox, "ben");
    expect(await outbox.all()).toEqual([]);
    log.add("page", words("his"));
    log.seal();
    await settle(60_000);
    expect(events()).toEqual(["his"]);
  });

  test("nothing is sent before it is known who is signed in", async () => {
    const outbox = await waiting("ana");
    const log = new CallLog(Promise.resolve(outbox));
    log.add("page", words("one"));
    log.sealAndLeave();
    await settle();
    await log.deliver();
    await settle(60_000);
    expect(received).toEqual([]);
    expect(await outbox.all()).toHaveLength(2);
  });

  test("what was sealed before that is the person's who is signed in", async () => {
    const outbox = await openOutbox(`log-${(databases += 1)}`);
    const log = new CallLog(Promise.resolve(outbox));
    log.add("page", words("one"));
    log.seal();
    await settle();
    void log.belongTo("ana");
    await settle();
    expect(events()).toEqual(["one"]);
  });

  test("what was held back before that carries the mark of who signs in", async () => {
    const outbox = await openOutbox(`log-${(databases += 1)}`);
    const log = new CallLog(Promise.resolve(outbox));
    log.hold();
    log.add("page", words("one"));
    void log.belongTo("ana");
    log.release();
    await settle();
    expect(received.map(({ person }) => person)).toEqual(["ana"]);
  });

  test("a server that tells no marks gets what waits, without any", async () => {
    const outbox = await waiting("");
    await visit(outbox, "");
    expect(received.map(({ person }) => person)).toEqual([null]);
  });

  test("a log at rest sends nothing, and goes on when it is said again whose it is", async () => {
    const { log } = await open();
    log.rest();
    log.add("page", words("later"));
    log.seal();
    void log.deliver();
    await settle();
    expect(events()).toEqual([]);
    await log.belongTo("ana");
    log.release();
    await settle();
    expect(events()).toEqual(["later"]);
  });

  test("what the server refuses because another has signed in meanwhile does not stay", async () => {
    const { log, outbox } = await open();
    answers = [refused(409)];
    log.add("page", words("hers"));
    log.seal();
    await settle();
    expect(await outbox.all()).toEqual([]);
  });
});
