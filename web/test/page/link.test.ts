import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Access, Offer, SignedIn } from "../../src/page/access.ts";
import { offerLink } from "../../src/page/link.ts";
import { lastSeen } from "../../src/log/outbox.ts";
import type { PageState } from "../../src/page/page-state.ts";
import type { Notice } from "../../src/language/words.ts";

const MARK_OF_ANA = "41171fc58a84b37466fd6a316a41aa83"; // of the id "person1"
const NOBODY: Access = { kind: "signed_out", reason: "no_invite" };
const UNKNOWN: Access = { kind: "unknown" };
const ana: SignedIn = { kind: "signed_in", name: "Ana", mark: MARK_OF_ANA, canSignOut: true };
const ben: SignedIn = { kind: "signed_in", name: "Ben", mark: "b2", canSignOut: true };

let asked: string[];
let answers: Record<string, (() => Response)[]>;
let address: string;
let focused: number;
let networkIsBack: () => void;
let settled: Access[];
let found: string[];
let notice: Notice | undefined;
let access: { value: Access };

beforeEach(() => {
  [asked, settled, found, notice, focused] = [[], [], [], undefined, 0];
  answers = { POST: [], GET: [] };
  access = { value: { kind: "invited" } };
  address = `#i=${link("Ana")}`;
  networkIsBack = () => undefined;
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("location", { pathname: "/", search: "?a=1" });
  vi.stubGlobal("history", { state: null, replaceState: (_: unknown, __: string, url: string) => (address = url) });
  vi.stubGlobal("addEventListener", (name: string, act: () => void) => name === "online" && (networkIsBack = act));
  vi.stubGlobal("document", { querySelector: () => ({ focus: () => (focused += 1) }) });
  vi.stubGlobal("fetch", (_: string, { method = "" }: RequestInit) => {
    asked.push(method);
    const answer = answers[method]?.shift();
    return answer === undefined ? Promise.reject(new TypeError("Failed to fetch")) : Promise.resolve(answer());
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const nothing = (status: number) => () => new Response(null, { status });
const tells = ({ name, mark }: SignedIn) => () => Response.json({ name, mark, expires_at: 1 });

function link(name: string): string {
  const payload = Buffer.from(JSON.stringify({ id: "person1", name, exp: 1, epoch: 0 })).toString("base64url");
  return `v1.k1.${payload}.${"0".repeat(64)}`;
}

/** Opens the page at Ana's link, where `who` is signed in. */
async function open(who: Access | Promise<Access>, text = link("Ana")): Promise<void> {
  const page = {
    access,
    tell: (told: () => Notice | undefined) => (notice = told()),
  };
  await offerLink(text, {
    page: page as unknown as PageState,
    entered: Promise.resolve(who),
    found: ({ name }) => found.push(name),
    settled: (now) => {
      access.value = now;
      settled.push(now);
    },
  });
}

function offer(): Offer {
  if (access.value.kind !== "invited" || access.value.offer === undefined) throw new Error(`no offer: ${JSON.stringify(access.value)}`);
  return access.value.offer;
}

async function tap(): Promise<void> {
  offer().accept();
  await quiet();
}

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe("a link, where nobody is signed in", () => {
  test("is not redeemed by loading the page, and says whom it is for", async () => {
    await open(NOBODY);
    await quiet();
    expect(offer().label()).toBe("Continue as Ana");
    expect(offer().staying()).toBeUndefined();
    expect(asked).toEqual([]);
    expect(address).toContain("#i=");
  });

  test("is redeemed by a tap and taken out of the address", async () => {
    await open(NOBODY);
    answers = { POST: [nothing(204)], GET: [tells(ana)] };
    await tap();
    expect(asked).toEqual(["POST", "GET"]);
    expect(settled).toEqual([ana]);
    expect(address).toBe("/?a=1");
  });

  test("has a button without a name where it cannot be read", async () => {
    await open(NOBODY, "v1.unread");
    expect(offer().label()).toBe("Continue");
  });

  test("is busy until the server has answered, and takes no second tap", async () => {
    await open(NOBODY);
    answers = { POST: [nothing(204)], GET: [tells(ana)] };
    offer().accept();
    expect(offer().isBusy).toBe(true);
    await tap();
    expect(asked).toEqual(["POST", "GET"]);
  });

  test("a tap before it is known who is signed in waits for that", async () => {
    let tell: (who: Access) => void = () => undefined;
    const opened = open(new Promise((resolve) => (tell = resolve)));
    await quiet();
    answers = { POST: [nothing(204)], GET: [tells(ana)] };
    await tap();
    expect(asked).toEqual([]);
    tell(NOBODY);
    await opened;
    await quiet();
    expect(settled).toEqual([ana]);
  });

  test.each([400, 403])("that is answered %i does not work any more", async (status) => {
    await open(NOBODY);
    answers = { POST: [nothing(status)], GET: [nothing(401)] };
    await tap();
    expect(settled).toEqual([{ kind: "signed_out", reason: "invite_refused" }]);
    expect(address).toBe("/?a=1");
  });

  test.each([undefined, 404, 429, 500, 503])("that is answered %s stays, says so, and is tried again when the network is back", async (status) => {
    await open(NOBODY);
    if (status !== undefined) answers.POST = [nothing(status)];
    await tap();
    expect(settled).toEqual([]);
    expect(address).toContain("#i=");
    expect(offer().isBusy).toBe(false);
    expect(notice?.title).toBe("The link could not be used yet");
    answers = { POST: [nothing(204)], GET: [tells(ana)] };
    networkIsBack();
    await quiet();
    expect(settled).toEqual([ana]);
    expect(notice).toBeUndefined();
  });

  test("is not redeemed by the network alone", async () => {
    await open(NOBODY);
    networkIsBack();
    await quiet();
    expect(asked).toEqual([]);
  });

  test("is not redeemed while nobody can tell who is signed in", async () => {
    await open(UNKNOWN);
    await tap();
    expect(asked).toEqual(["GET"]);
    answers = { POST: [nothing(204)], GET: [nothing(401), tells(ana)] };
    networkIsBack();
    await quiet();
    expect(settled).toEqual([ana]);
  });

  test("marks what waits on the device without a mark as not the new person's", async () => {
    const write = vi.spyOn(lastSeen, "write");
    await open(NOBODY);
    answers = { POST: [nothing(204)], GET: [tells(ana)] };
    await tap();
    expect(write).toHaveBeenCalledWith({ mark: "another" });
    write.mockRestore();
  });
});

describe("a link, where somebody is signed in", () => {
  test("who came by it goes on as without it", async () => {
    await open(ana);
    expect(settled).toEqual([ana]);
    expect(asked).toEqual([]);
    expect(address).toBe("/?a=1");
  });

  test("asks before it replaces somebody else", async () => {
    await open(ben);
    expect(notice).toEqual({ title: "You are signed in as Ben.", advice: "Continue as Ana?" });
    expect([offer().label(), offer().staying()]).toEqual(["Continue as Ana", "Stay signed in as Ben"]);
    expect(found).toEqual(["Ben"]);
    answers = { POST: [nothing(204)], GET: [tells(ana)] };
    await tap();
    expect(settled).toEqual([ana]);
    expect(notice).toBeUndefined();
  });

  test("a tap before the question is no answer to it", async () => {
    let tell: (who: Access) => void = () => undefined;
    const opened = open(new Promise((resolve) => (tell = resolve)));
    await quiet();
    await tap();
    tell(ben);
    await opened;
    await quiet();
    expect(asked).toEqual([]);
    expect(offer().staying()).toBe("Stay signed in as Ben");
    answers = { POST: [nothing(204)], GET: [tells(ana)] };
    await tap();
    expect(settled).toEqual([ana]);
  });

  test("staying takes it out of the address without using it up, and keeps the focus", async () => {
    await open(ben);
    offer().stay();
    await quiet();
    expect(asked).toEqual([]);
    expect(settled).toEqual([ben]);
    expect(address).toBe("/?a=1");
    expect(focused).toBe(1);
    expect(notice).toBeUndefined();
  });

  test("asks nothing of who has the same name and a newer link", async () => {
    await open({ ...ana, mark: "older" });
    expect(offer().staying()).toBeUndefined();
    answers = { POST: [nothing(204)], GET: [tells(ana)] };
    await tap();
    expect(settled).toEqual([ana]);
  });

  test("that is refused leaves them signed in, and says that it was", async () => {
    await open(ben);
    answers = { POST: [nothing(403)], GET: [tells(ben)] };
    await tap();
    expect(settled).toEqual([ben]);
    expect(notice?.title).toBe("This link no longer works");
  });
});
