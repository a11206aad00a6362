import { describe, expect, test, vi } from "vitest";
import { answerWith, events, newOutbox, noNetwork, open, received, refused, settle, useLogServer, visit } from "../standins/call-log.ts";

useLogServer();

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
    received.splice(0, Infinity, ...received.filter(({ keepalive }) => keepalive));
    expect(events()).toEqual(["one", "two"]);
  });

  test("paused, notes and sends nothing, and keeps what waits", async () => {
    const { log, outbox } = await open();
    answerWith(noNetwork);
    log.add("page", { type: "one" });
    log.seal();
    await settle();
    received.length = 0;
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
    answerWith(noNetwork);
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
    answerWith(answer, answer);
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
    answerWith(refused(429, { "retry-after": "20" }));
    log.add("page", { type: "one" });
    log.seal();
    await settle(19_000);
    expect(received).toHaveLength(1);
    await settle(1_000);
    expect(received).toHaveLength(2);
  });

  test("keeps waiting when new batches come", async () => {
    const { log } = await open();
    answerWith(refused(503));
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
    answerWith(refused(413));
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
    answerWith(refused(400), refused(400));
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
    answerWith(noNetwork);
    log.add("page", { type: "one" });
    log.seal();
    await settle();
    received.length = 0;
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
    answerWith(noNetwork);
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
  const outbox = await newOutbox();
  vi.spyOn(outbox, "put").mockRejectedValue(new DOMException("full", "QuotaExceededError"));
  const log = await visit(outbox, "ana");
  log.add("page", { type: "one" });
  log.seal();
  await settle();
  expect(events()).toEqual(["one"]);
});
