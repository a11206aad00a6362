import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { enter, leave, takeInvite } from "../src/access.ts";

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

describe("takeInvite", () => {
  function open(hash: string): string[] {
    const shown: string[] = [];
    vi.stubGlobal("location", { hash, pathname: "/", search: "?a=1" });
    vi.stubGlobal("history", { state: null, replaceState: (_: unknown, __: string, url: string) => shown.push(url) });
    return shown;
  }

  test("takes the invite out of the address", () => {
    const shown = open("#i=v1.k1.abc-_.00ff");
    expect(takeInvite()).toBe("v1.k1.abc-_.00ff");
    expect(shown).toEqual(["/?a=1"]);
  });

  test.each(["", "#", "#i=", "#x=1", "#i=a b", "#i=<script>", `#i=${"a".repeat(1025)}`])("leaves %j alone", (hash) => {
    const shown = open(hash);
    expect(takeInvite()).toBeUndefined();
    expect(shown).toEqual([]);
  });
});

describe("enter", () => {
  test("redeems the invite, then asks who is signed in", async () => {
    answers.set("POST", nothing(204)).set("GET", ana(1_795_222_120));
    expect(await enter("v1.invite")).toEqual({ kind: "signed_in", name: "Ana", canSignOut: true });
    expect(asked).toEqual([
      { method: "POST", body: '{"invite":"v1.invite"}' },
      { method: "GET", body: undefined },
    ]);
  });

  test("offers no signing out where nobody signs in", async () => {
    answers.set("GET", ana(null));
    expect(await enter(undefined)).toEqual({ kind: "signed_in", name: "Ana", canSignOut: false });
  });

  test("a used link is no trouble for who is signed in already", async () => {
    answers.set("POST", nothing(403)).set("GET", ana(1));
    expect(await enter("v1.used")).toMatchObject({ kind: "signed_in" });
  });

  test.each([
    ["v1.used", "invite_refused"],
    [undefined, "no_invite"],
  ])("with the invite %j a 401 means %s", async (invite, reason) => {
    answers.set("POST", nothing(403)).set("GET", nothing(401));
    expect(await enter(invite)).toEqual({ kind: "signed_out", reason });
  });

  test.each([nothing(503), () => new Response("<html>"), undefined])("an answer that says nothing leaves it open", async (answer) => {
    if (answer !== undefined) answers.set("GET", answer);
    expect((await enter(undefined)).kind).not.toBe("signed_out");
  });

  test("keeps the invite for a better address where no call can be made", async () => {
    vi.stubGlobal("isSecureContext", false);
    expect(await enter("v1.invite")).toEqual({ kind: "unknown" });
    expect(asked).toEqual([]);
  });
});

test("leaving tells whether the cookie is gone", async () => {
  expect(await leave()).toBe(false);
  answers.set("DELETE", nothing(204));
  expect(await leave()).toBe(true);
});
