import { describe, expect, test } from "vitest";
import { CallLog } from "../../src/log/call-log.ts";
import type { Outbox } from "../../src/log/memory-outbox.ts";
import { answerWith, events, newOutbox, open, received, refused, settle, useLogServer, visit } from "../standins/call-log.ts";

useLogServer();

describe("whose a batch is", () => {
  const words = (type: string) => ({ type });

  /** What an earlier visit could not send. */
  async function waiting(person: string): Promise<Outbox> {
    const outbox = await newOutbox();
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
    const outbox = await newOutbox();
    const log = new CallLog(Promise.resolve(outbox));
    log.add("page", words("one"));
    log.seal();
    await settle();
    void log.belongTo("ana");
    await settle();
    expect(events()).toEqual(["one"]);
  });

  test("what was held back before that carries the mark of who signs in", async () => {
    const outbox = await newOutbox();
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
    answerWith(refused(409));
    log.add("page", words("hers"));
    log.seal();
    await settle();
    expect(await outbox.all()).toEqual([]);
  });
});
