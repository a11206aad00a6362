/** Who is at the page: the link's invite becomes a cookie that this script cannot read; the server says whose it is. */

import { fields, text } from "./events.ts";

const ACCESS_URL = "/api/access";
const REQUEST_MS = 30_000;
const INVITE = /^#i=([\w.-]{1,1024})$/;
const SETTLED = new Set([204, 400, 403]); // a cookie, not an invite, used or too old; all others may be true for now only

/** `unknown` until the server has said, and while it cannot be reached: then the call itself will tell. */
export type Access =
  | { readonly kind: "unknown" }
  | { readonly kind: "signed_in"; readonly name: string; readonly canSignOut: boolean }
  | { readonly kind: "signed_out"; readonly reason: SignedOutReason };

export type SignedOutReason = "no_invite" | "invite_refused" | "forgotten";

/**
 * Redeems the address's invite, if there is one, and asks who is signed in. Never rejects.
 *
 * An invite that is used, or that never was one, is taken out of the address: it is in no history, no screenshot and no
 * shared link. One that nobody has answered for stays, so that loading the page again tries it again.
 */
export async function enter(): Promise<Access> {
  if (!isSecureContext) return { kind: "unknown" }; // no call can be made here: the invite is for a better address
  const invite = INVITE.exec(location.hash)?.[1];
  const redeemed = invite === undefined ? undefined : (await ask("POST", JSON.stringify({ invite })))?.status;
  const isSettled = redeemed !== undefined && SETTLED.has(redeemed);
  if (isSettled) history.replaceState(history.state, "", location.pathname + location.search);
  const answer = await ask("GET");
  if (answer?.status === 401) {
    if (invite !== undefined && !isSettled) return { kind: "unknown" };
    return { kind: "signed_out", reason: invite === undefined ? "no_invite" : "invite_refused" };
  }
  if (answer?.status !== 200) return { kind: "unknown" };
  const who = fields(await answer.json().catch(() => undefined));
  return { kind: "signed_in", name: text(who.name) ?? "", canSignOut: typeof who.expires_at === "number" };
}

/** Ends the session; false where the server did not confirm it: then it goes on, and the cookie is still there. */
export async function leave(): Promise<boolean> {
  return (await ask("DELETE"))?.status === 204;
}

async function ask(method: string, body?: string): Promise<Response | undefined> {
  const signal = AbortSignal.timeout(REQUEST_MS);
  const json = body === undefined ? {} : { body, headers: { "content-type": "application/json" } };
  return fetch(ACCESS_URL, { method, cache: "no-store", signal, ...json }).catch(() => undefined);
}
