/**
 * A link that waits for a tap: it says whom it is for, and only the tap uses it up. Whoever loads the page without one,
 * as scanners of mail do, takes nothing from the guest. Loaded where the address holds an invite.
 */

import { askWho, type Access, type Offer, type SignedIn } from "./access.ts";
import { isFor, readInvite, redeem, takeOutOfAddress, type Invite } from "./invite.ts";
import { lastSeen } from "../log/outbox.ts";
import type { PageState } from "./page-state.ts";
import { followLanguage, sheetWords } from "../language/sheet-words.ts";
import type { Notice } from "../language/words.ts";
import "../styles/link.css";

export interface Around {
  readonly page: PageState;
  /** Who is signed in, as it was asked when the page was opened. */
  readonly entered: Promise<Access>;
  /** Somebody is signed in, whoever it will be in the end. */
  readonly found: (who: SignedIn) => void;
  /** The link is settled: the page goes on as without one. */
  readonly settled: (access: Access) => void;
}

/** Shows the link's button as soon as it has words. Resolves when it is known who is signed in already. */
export async function offerLink(signed: string, around: Around): Promise<void> {
  await followLanguage();
  await new Link(readInvite(signed), around).show();
}

class Link {
  readonly #invite: Invite;
  readonly #around: Around;
  #who: Access = { kind: "unknown" };
  readonly #asked: Promise<void>;
  #isBusy = false;
  /** Somebody tapped, and nobody has answered for it yet. */
  #isWanted = false;
  /** A tap while the question stands on the page is an answer to it; one before that is none. */
  #isAnswered = false;
  #isOver = false;
  #hasTold = false;

  constructor(invite: Invite, around: Around) {
    this.#invite = invite;
    this.#around = around;
    this.#asked = this.#learn(around.entered);
    addEventListener("online", () => this.#isWanted && void this.#accept());
  }

  async show(): Promise<void> {
    this.#draw();
    await this.#asked;
  }

  /** Who is signed in instead, when that has to be asked about. Of the same name is the same person with a newer link. */
  get #other(): SignedIn | undefined {
    return this.#who.kind === "signed_in" && this.#who.name !== this.#invite.name ? this.#who : undefined;
  }

  async #learn(asked: Promise<Access>): Promise<void> {
    this.#who = await asked;
    if (this.#who.kind !== "signed_in") return;
    if (await isFor(this.#invite, this.#who.mark)) this.#settle(this.#who); // it let this very browser in
    else {
      this.#around.found(this.#who);
      this.#draw();
    }
  }

  /** Taps once more while nobody has answered do nothing; without a network it is tried again when that is back. */
  async #accept(): Promise<void> {
    if (this.#isBusy) return;
    this.#isAnswered ||= this.#other !== undefined;
    this.#isBusy = this.#isWanted = true;
    this.#draw();
    await this.#redeem();
    this.#isBusy = false;
    this.#draw();
  }

  async #redeem(): Promise<void> {
    await this.#asked;
    if (this.#who.kind === "unknown") await this.#learn(askWho()); // nobody is replaced unasked
    if (this.#isOver || this.#who.kind === "unknown") return;
    if (this.#other !== undefined && !this.#isAnswered) this.#isWanted = false;
    else await this.#use();
  }

  async #use(): Promise<void> {
    const redeemed = await redeem(this.#invite);
    if (redeemed === "later") return;
    if (redeemed === "signed_in") lastSeen.write({ mark: "another" }); // what waits here without a mark is not theirs
    const access = await askWho();
    const isRefused = access.kind === "signed_out" || redeemed === "refused";
    this.#settle(access.kind === "signed_out" ? { kind: "signed_out", reason: "invite_refused" } : access);
    if (isRefused) this.#around.page.tell(() => sheetWords.value.signedOutNotices.invite_refused);
  }

  #stay(): void {
    if (this.#isBusy) return;
    document.querySelector<HTMLElement>(".round-button")?.focus(); // this button goes away, that one stays
    this.#settle(this.#who);
  }

  #settle(access: Access): void {
    this.#isOver = true;
    this.#isWanted = false;
    takeOutOfAddress();
    if (this.#hasTold) this.#around.page.tell(() => undefined); // nothing of the call's own
    this.#around.settled(access);
  }

  #draw(): void {
    if (this.#isOver) return;
    const { page } = this.#around;
    const notice = this.#notice();
    if (notice !== undefined) page.tell(notice);
    this.#hasTold ||= notice !== undefined;
    page.access.value = { kind: "invited", offer: this.#offer() };
  }

  #offer(): Offer {
    const { name } = this.#invite;
    const other = this.#other?.name;
    return {
      isBusy: this.#isBusy,
      label: () => sheetWords.value.continueAs(name),
      accept: () => void this.#accept(),
      staying: () => (other === undefined ? undefined : sheetWords.value.stay(other)),
      stay: () => this.#stay(),
    };
  }

  #notice(): (() => Notice) | undefined {
    if (this.#isWanted && !this.#isBusy) return () => sheetWords.value.linkNotUsed;
    const other = this.#other?.name;
    if (other === undefined) return undefined;
    const { name } = this.#invite;
    return () => ({ title: sheetWords.value.signedInAs(other), advice: sheetWords.value.askToContinueAs(name) });
  }
}
