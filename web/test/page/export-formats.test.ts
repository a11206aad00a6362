import { expect, test } from "vitest";
import { noCaptions, readEvent, shownCaptions } from "../../src/readings/captions.ts";
import { noCost } from "../../src/readings/call-cost.ts";
import type { RealtimeEvent } from "../../src/protocol/events.ts";
import { asJson, asMarkdown, asText, fileName, type Conversation } from "../../src/page/export-formats.ts";
import { english as page } from "../../src/language/words/english.ts";
import { english as sheets } from "../../src/language/words/english-sheets.ts";

const AT = Date.parse("2026-11-21T10:00:00Z");
const wording = { words: { ...page, ...sheets }, time: (at: number) => new Date(at).toISOString().slice(11, 19) };

function item(id: string, previous: string | null, fields: object): RealtimeEvent {
  return { type: "conversation.item.added", previous_item_id: previous, item: { id, type: "message", ...fields } };
}

const EVENTS: RealtimeEvent[] = [
  item("u", null, { role: "user", content: [{ type: "input_text", text: "What is *this*?\n# <b>Heading</b>" }] }),
  item("f", "u", { type: "function_call", name: "get_weather" }),
  item("a", "f", { role: "assistant", content: [] }),
  { type: "response.output_audio_transcript.delta", item_id: "a", delta: "Sunny, and" },
  { type: "conversation.item.truncated", item_id: "a" },
  item("p", "a", { role: "user", content: [{ type: "input_image", image_url: "data:," }] }),
];
const captions = EVENTS.reduce((before, event, at) => readEvent(before, event, { at: AT + at * 1000 }), noCaptions);
const conversation: Conversation = { items: shownCaptions(captions), agent: "Assistant", callId: "rtc_1", cost: noCost };

test("as text it reads like a play", () => {
  expect(asText(conversation, wording)).toBe(
    "You, 10:00:00\nWhat is *this*?\n# <b>Heading</b>\n\nUsed get_weather\n\n" +
      "Assistant, 10:00:02\nSunny, and\n[Interrupted]\n\nYou, 10:00:05\n[A picture you showed]\n",
  );
});

test("each item says which agent had the call", () => {
  const handed = conversation.items.map((caption) => ({ ...caption, agent: "Guide" }));
  expect(asText({ ...conversation, items: handed }, wording)).toContain("Guide, 10:00:02\nSunny, and");
  const { items } = JSON.parse(asJson({ ...conversation, items: handed })) as { items: { agent?: string }[] };
  expect(items.map(({ agent }) => agent)).toEqual([undefined, undefined, "Guide", undefined]);
});

test("as Markdown the words stay words", () => {
  const markdown = asMarkdown(conversation, wording);
  expect(markdown).toContain("# The conversation\n\n**You, 10:00:00**\n\n> What is \\*this\\*?\n\n> \\# \\<b\\>Heading\\</b\\>");
  expect(markdown).toContain("\n\n*Used get\\_weather*\n\n");
});

test("as JSON it can be worked with", () => {
  expect(JSON.parse(asJson(conversation))).toEqual({
    call_id: "rtc_1",
    agent: "Assistant",
    cost: { model: "", usd: 0 },
    items: [
      { item_id: "u", at: "2026-11-21T10:00:00.000Z", role: "user", text: "What is *this*?\n# <b>Heading</b>" },
      { item_id: "f", at: "2026-11-21T10:00:01.000Z", role: "assistant", text: "", tool: "get_weather" },
      { item_id: "a", at: "2026-11-21T10:00:02.000Z", role: "assistant", text: "Sunny, and", mark: "interrupted" },
      { item_id: "p", at: "2026-11-21T10:00:05.000Z", role: "user", text: "", picture: true },
    ],
  });
});

test("a file's name sorts by time", () => {
  expect(fileName(new Date(2026, 10, 1, 9, 5), "transcript", "txt")).toBe("voicemint-2026-11-01-0905-transcript.txt");
});
