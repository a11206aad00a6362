import { describe, expect, test } from "vitest";
import { isFor, readInvite } from "../../src/page/invite.ts";

const MAC = "0".repeat(64);

function signed(payload: unknown): string {
  const bytes = new TextEncoder().encode(typeof payload === "string" ? payload : JSON.stringify(payload));
  return `v1.k1.${Buffer.from(bytes).toString("base64url")}.${MAC}`;
}

describe("an invite's text", () => {
  test.each(["Ana", "Ana's iPad", "Zoë 😀", "アナ", "نور"])("tells that it is for %j", (name) => {
    const text = signed({ id: "a1b2", name, exp: 1, epoch: 0 });
    expect(readInvite(text)).toEqual({ text, name, id: "a1b2" });
  });

  test.each([
    ["no invite", "v1.used"],
    ["cut short", signed({ id: "a1", name: "Ana" }).slice(0, -1)],
    ["no JSON", signed("{")],
    ["no object", signed(["Ana"])],
    ["a name that is no text", signed({ id: 1, name: { toString: "Ana" } })],
    ["no UTF-8", `v1.k1.${Buffer.from([0x22, 0xff, 0x22]).toString("base64url")}.${MAC}`],
    ["no base64", `v1.k1.A.${MAC}`],
  ])("tells no name where it is %s", (_, text) => {
    expect(readInvite(text)).toEqual({ text, name: "", id: "" });
  });

  test.each([
    ["lines\nand\ttabs\u2028", "lines and tabs"],
    ["\u202Eana\u202C \u2066x\u2069", "ana x"], // would turn the writing round
    ["  \u200B\u0000 ", ""],
    ["<b>Ana</b>", "<b>Ana</b>"], // text all the same
    ["\u{1F600}".repeat(100), "\u{1F600}".repeat(60)],
  ])("shows of the name %j what is fit to be shown", (name, shown) => {
    expect(readInvite(signed({ id: "a1", name })).name).toBe(shown);
  });
});

test("the mark of whom an invite let in is known from the invite", async () => {
  const invite = readInvite(signed({ id: "person1", name: "Ana" }));
  expect(await isFor(invite, "41171fc58a84b37466fd6a316a41aa83")).toBe(true);
  expect(await isFor(readInvite(signed({ id: "person2", name: "Ana" })), "41171fc58a84b37466fd6a316a41aa83")).toBe(false);
  expect(await isFor(invite, "")).toBe(false);
});
