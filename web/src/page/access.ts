/** Who is at the page: a cookie that this script cannot read, of which the server says whose it is. */

import { fields, text } from "../protocol/events.ts";

const ACCESS_URL = "/api/access";
const REQUEST_MS = 30_000;
const INVITE = /^#i=([\w.-]{1,1024})$/;

/** `unknown` until the server has responded, and while it cannot be reached: then the call itself shows it. */
export type Access =
  | { readonly kind: "unknown" }
  | { readonly kind: "invited"; readonly offer?: Offer }
  | SignedIn
  | { readonly kind: "signed_out"; readonly reason: SignedOutReason };

export interface SignedIn {
  readonly kind: "signed_in";
  readonly name: string;
  /** Opaque, and always the same for one person; "" if the server sends none. */
  readonly mark: string;
  readonly canSignOut: boolean;
}

/** What a link offers, and what its buttons say in the person's language. It comes a moment after the page: link.ts. */
export interface Offer {
  readonly isBusy: boolean;
  label(): string;
  accept(): void;
  /** The button to stay signed in, if somebody else is signed in. */
  staying(): string | undefined;
  stay(): void;
}

export type SignedOutReason = "no_invite" | "invite_refused" | "forgotten";

/** The invite in the address, if there is one. Where no call can be made it is left for a better address. */
export function inviteInAddress(): string | undefined {
  return isSecureContext ? INVITE.exec(location.hash)?.[1] : undefined;
}

/** Asks who is signed in. Never rejects. */
export async function askWho(): Promise<Access> {
  if (!isSecureContext) return { kind: "unknown" };
  const answer = await askAccess("GET");
  const told: unknown = await answer?.json().catch(() => undefined); // of a refusal too: unread, it keeps its connection
  if (answer?.status === 401) return { kind: "signed_out", reason: "no_invite" };
  if (answer?.status !== 200) return { kind: "unknown" };
  const { name, mark, expires_at } = fields(told);
  return { kind: "signed_in", name: text(name) ?? "", mark: text(mark) ?? "", canSignOut: typeof expires_at === "number" };
}

/** Ends the session. Returns false if the server did not confirm it: then the session and its cookie still exist. */
export async function leave(): Promise<boolean> {
  return (await askAccess("DELETE"))?.status === 204;
}

/** The server's response; undefined if there is none. */
export async function askAccess(method: string, body?: string): Promise<Response | undefined> {
  const signal = AbortSignal.timeout(REQUEST_MS);
  const json = body === undefined ? {} : { body, headers: { "content-type": "application/json" } };
  return fetch(ACCESS_URL, { method, cache: "no-store", signal, ...json }).catch(() => undefined);
}
