import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { askWho, inviteInAddress, leave } from "../../src/page/access.ts";

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
const ana = (more: object) => () => Response.json({ name: "Ana", ...more });

describe("asking who is signed in", () => {
  test("tells the name, the mark, and that there is something to sign out of", async () => {
    answers.set("GET", ana({ expires_at: 1_795_222_120, mark: "a1" }));
    expect(await askWho()).toEqual({ kind: "signed_in", name: "Ana", mark: "a1", canSignOut: true });
    expect(asked).toEqual([{ method: "GET", body: undefined }]);
  });

  test("offers no signing out where nobody signs in", async () => {
    answers.set("GET", ana({ expires_at: null, mark: "a1" }));
    expect(await askWho()).toMatchObject({ kind: "signed_in", canSignOut: false });
  });

  test("does without a mark where the server is older than the page", async () => {
    answers.set("GET", ana({ expires_at: 1 }));
    expect(await askWho()).toMatchObject({ kind: "signed_in", mark: "" });
  });

  test("a 401 is nobody", async () => {
    answers.set("GET", nothing(401));
    expect(await askWho()).toEqual({ kind: "signed_out", reason: "no_invite" });
  });

  test.each([nothing(503), () => new Response("<html>"), undefined])("an answer that says nothing leaves it open", async (answer) => {
    if (answer !== undefined) answers.set("GET", answer);
    expect((await askWho()).kind).not.toBe("signed_out");
  });

  test("asks nothing where no call can be made", async () => {
    vi.stubGlobal("isSecureContext", false);
    expect(await askWho()).toEqual({ kind: "unknown" });
    expect(asked).toEqual([]);
  });
});

describe("the invite in the address", () => {
  test("is what follows #i=", () => {
    vi.stubGlobal("location", { hash: "#i=v1.k1.abc-_.00ff" });
    expect(inviteInAddress()).toBe("v1.k1.abc-_.00ff");
  });

  test.each(["", "#", "#i=", "#x=1", "#i=a b", "#i=<script>", `#i=${"a".repeat(1025)}`])("is none in %j", (hash) => {
    vi.stubGlobal("location", { hash });
    expect(inviteInAddress()).toBeUndefined();
  });

  test("is left for a better address where no call can be made", () => {
    vi.stubGlobal("location", { hash: "#i=v1.k1.abc-_.00ff" });
    vi.stubGlobal("isSecureContext", false);
    expect(inviteInAddress()).toBeUndefined();
  });
});

test("leaving tells whether the session has ended", async () => {
  expect(await leave()).toBe(false);
  answers.set("DELETE", nothing(503));
  expect(await leave()).toBe(false);
  answers.set("DELETE", nothing(204));
  expect(await leave()).toBe(true);
});
