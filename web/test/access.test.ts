import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { enter, leave } from "../src/access.ts";

let asked: { readonly method: string; readonly body: unknown }[];
let answers: Map<string, () => Response>;

beforeEach(() => {
  asked = [];
  answers = new Map();
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("fetch", (_: string, { method, body }: RequestInit) => {
    asked.push({ method: method ?? "", body });
    const answer = answers.get(method ?? "");
    return answer === undefined ? Promise.reject(new TypeError("Failed to fetch")) : Promise.resolve(answer());
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const nothing = (status: number) => () => new Response(null, { status });
const ana = (expiresAt: number | null) => () => Response.json({ name: "Ana", expires_at: expiresAt });

/** Opens the page at an address that ends so; returns what the address becomes. */
function open(hash: string): string[] {
  const shown: string[] = [];
  vi.stubGlobal("location", { hash, pathname: "/", search: "?a=1" });
  vi.stubGlobal("history", { state: null, replaceState: (_: unknown, __: string, url: string) => shown.push(url) });
  return shown;
}

describe("entering", () => {
  test("redeems the invite, takes it out of the address, then asks who is signed in", async () => {
    const shown = open("#i=v1.k1.abc-_.00ff");
    answers.set("POST", nothing(204)).set("GET", ana(1_795_222_120));
    expect(await enter()).toEqual({ kind: "signed_in", name: "Ana", canSignOut: true });
    expect(asked).toEqual([
      { method: "POST", body: '{"invite":"v1.k1.abc-_.00ff"}' },
      { method: "GET", body: undefined },
    ]);
    expect(shown).toEqual(["/?a=1"]);
  });

  test.each(["", "#", "#i=", "#x=1", "#i=a b", "#i=<script>", `#i=${"a".repeat(1025)}`])("leaves %j alone", async (hash) => {
    const shown = open(hash);
    answers.set("GET", nothing(401));
    expect(await enter()).toEqual({ kind: "signed_out", reason: "no_invite" });
    expect(asked.map(({ method }) => method)).toEqual(["GET"]);
    expect(shown).toEqual([]);
  });

  test("offers no signing out where nobody signs in", async () => {
    open("");
    answers.set("GET", ana(null));
    expect(await enter()).toEqual({ kind: "signed_in", name: "Ana", canSignOut: false });
  });

  test("a used link is no trouble for who is signed in already", async () => {
    const shown = open("#i=v1.used");
    answers.set("POST", nothing(403)).set("GET", ana(1));
    expect(await enter()).toMatchObject({ kind: "signed_in" });
    expect(shown).toEqual(["/?a=1"]);
  });

  test.each([400, 403])("a link that is answered %i does not work any more", async (status) => {
    const shown = open("#i=v1.used");
    answers.set("POST", nothing(status)).set("GET", nothing(401));
    expect(await enter()).toEqual({ kind: "signed_out", reason: "invite_refused" });
    expect(shown).toEqual(["/?a=1"]);
  });

  test.each([undefined, 404, 429, 500, 503])("a link that is answered %s is kept for another try", async (status) => {
    const shown = open("#i=v1.unused");
    if (status !== undefined) answers.set("POST", nothing(status));
    answers.set("GET", nothing(401));
    expect(await enter()).toEqual({ kind: "unknown" });
    expect(shown).toEqual([]);
  });

  test.each([nothing(503), () => new Response("<html>"), undefined])("an answer that says nothing leaves it open", async (answer) => {
    open("");
    if (answer !== undefined) answers.set("GET", answer);
    expect((await enter()).kind).not.toBe("signed_out");
  });

  test("keeps the invite for a better address where no call can be made", async () => {
    const shown = open("#i=v1.invite");
    vi.stubGlobal("isSecureContext", false);
    expect(await enter()).toEqual({ kind: "unknown" });
    expect(asked).toEqual([]);
    expect(shown).toEqual([]);
  });
});

test("leaving tells whether the session has ended", async () => {
  expect(await leave()).toBe(false);
  answers.set("DELETE", nothing(503));
  expect(await leave()).toBe(false);
  answers.set("DELETE", nothing(204));
  expect(await leave()).toBe(true);
});
