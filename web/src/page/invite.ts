/** The invite of a link: what its text says, which is to be shown and not to be trusted, and how it becomes a cookie. */

import { askAccess } from "./access.ts";
import { fields, text } from "../protocol/events.ts";

/** As functions/voicemint/secrets/signing.py writes it; only the server can tell whether it wrote this one. */
const SIGNED = /^v1\.[a-z0-9]{1,16}\.([\w-]+)\.[0-9a-f]{64}$/;
const NAME_LETTERS = 60; // as many as an owner can give
const UNSEEN = /[\p{C}\p{Z}]+/gu; // line ends, and what turns the direction of writing, among them
const MARK_OF = "voicemint person mark\0"; // as functions/voicemint/access/person.py has it
const MARK_LETTERS = 32;
const SETTLED = new Set([204, 400, 403]); // a cookie, not an invite, used or too old; all others may be true for now only

export interface Invite {
  readonly text: string;
  /** The name in the link, for display only: anybody can write a link with any name. "" if it cannot be read. */
  readonly name: string;
  readonly id: string;
}

/** What became of it; `later` if the server did not respond: it may still work. */
export type Redeemed = "signed_in" | "refused" | "later";

export function readInvite(signed: string): Invite {
  const { name, id } = fields(payloadOf(signed));
  return { text: signed, name: nameToShow(text(name) ?? ""), id: text(id) ?? "" };
}

export async function redeem(invite: Invite): Promise<Redeemed> {
  const answer = await askAccess("POST", JSON.stringify({ invite: invite.text }));
  await answer?.text().catch(() => undefined); // unread, it keeps its connection
  const status = answer?.status;
  if (status === undefined || !SETTLED.has(status)) return "later";
  return status === 204 ? "signed_in" : "refused";
}

/** Whether the person with this mark signed in with this invite. */
export async function isFor(invite: Invite, mark: string): Promise<boolean> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(MARK_OF + invite.id));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.slice(0, MARK_LETTERS) === mark;
}

/** An invite that was answered for is in no history, no screenshot and no shared link. */
export function takeOutOfAddress(): void {
  history.replaceState(history.state, "", location.pathname + location.search);
}

function payloadOf(signed: string): unknown {
  const encoded = SIGNED.exec(signed)?.[1] ?? "";
  try {
    const bytes = Uint8Array.from(atob(encoded.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** One line of letters that can be seen. */
function nameToShow(name: string): string {
  return Array.from(name.replace(UNSEEN, " ").trim()).slice(0, NAME_LETTERS).join("");
}
