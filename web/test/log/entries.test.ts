import { describe, expect, test } from "vitest";
import { encodeEntry, byteLength, ENTRY_BYTES } from "../../src/log/entries.ts";
import type { RealtimeEvent } from "../../src/protocol/events.ts";

const AT = new Date("2026-11-21T10:00:00.000Z");

function logged(event: RealtimeEvent): Record<string, unknown> {
  return (JSON.parse(encodeEntry(AT, "server", event)) as { event: Record<string, unknown> }).event;
}

test("an event is one line: when, which way, what", () => {
  const entry = encodeEntry(AT, "client", { type: "response.create", text: "two\nlines" });
  expect(entry).not.toContain("\n");
  expect(JSON.parse(entry)).toEqual({
    at: "2026-11-21T10:00:00.000Z",
    direction: "client",
    event: { type: "response.create", text: "two\nlines" },
  });
});

describe("what is not logged", () => {
  test("client secrets and API keys, wherever they are", () => {
    const entry = encodeEntry(AT, "server", { type: "x", deep: [{ value: "ek_0123456789abcdef" }], key: "is sk-proj-0123456789" });
    expect(entry).not.toMatch(/ek_0|sk-proj/);
  });

  test("sound", () => {
    expect(logged({ type: "input_audio_buffer.append", audio: "AAAA" }).audio).toBe("[4 letters left out]");
  });

  test("what the agent is told", () => {
    const event = { type: "session.created", session: { instructions: "Be kind." } };
    expect(logged(event).session).toEqual({ instructions: "[8 letters left out]" });
  });

  test("pictures", () => {
    const content = [{ type: "input_image", image_url: "data:image/jpeg;base64,AAAA" }];
    expect(JSON.stringify(logged({ type: "x", item: { content } }))).not.toContain("AAAA");
  });
});

describe("what the server would refuse", () => {
  test.each(["x", "é", "𝒳", "\ud800"])("a long string of %j is shortened to less than 8 KiB, with a mark", (letter) => {
    const { words } = logged({ type: "x", words: letter.repeat(9_000) });
    expect(byteLength(words as string)).toBeLessThan(8_192);
    expect(words).toMatch(/… \[\d+ bytes in all\]$/);
    expect(words).not.toContain("\uFFFD…");
  });

  test("a string of 8,000 bytes is left as it is", () => {
    expect(logged({ type: "x", words: "x".repeat(8_000) }).words).toHaveLength(8_000);
  });

  test("half a letter is replaced", () => {
    expect(encodeEntry(AT, "page", { type: "x", words: "a\ud800b" })).toContain("a\ufffdb");
  });

  test("nesting without end is cut", () => {
    let deep: unknown = "bottom";
    for (let level = 0; level < 1000; level += 1) deep = [deep];
    expect(encodeEntry(AT, "page", { type: "x", deep })).toContain("[too deep]");
  });

  test("an event larger than a batch keeps its type only", () => {
    const many = Array.from({ length: 20 }, () => "x".repeat(7_000));
    expect(logged({ type: "session.updated", many })).toEqual({ type: "session.updated", left_out: expect.stringMatching(/bytes$/) as unknown });
    expect(ENTRY_BYTES).toBeLessThan(49_152);
  });
});
