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

export interface Dependencies {
  readonly page: PageState;
  /** Who is signed in, as it was asked when the page was opened. */
  readonly entered: Promise<Access>;
  /** Somebody is signed in, perhaps not yet the person of the link. */
  readonly found: (who: SignedIn) => void;
  /** The link is settled: from now on the page behaves as if there were no link. */
  readonly settled: (access: Access) => void;
}

/** Shows the link's button as soon as its words are loaded. Resolves when the page knows who is signed in. */
export async function offerLink(signed: string, deps: Dependencies): Promise<void> {
  await followLanguage();
  await new Link(readInvite(signed), deps).show();
}

class Link {
  readonly #invite: Invite;
  readonly #deps: Dependencies;
  #who: Access = { kind: "unknown" };
  readonly #asked: Promise<void>;
  #isBusy = false;
  /** Somebody tapped, and the server has not confirmed it yet. */
  #isWanted = false;
  /** Somebody tapped while the question was shown. A tap before that does not answer the question. */
  #isAnswered = false;
  #isOver = false;
  #hasTold = false;

  constructor(invite: Invite, deps: Dependencies) {
    this.#invite = invite;
    this.#deps = deps;
    this.#asked = this.#learn(deps.entered);
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
      this.#deps.found(this.#who);
      this.#draw();
    }
  }

  /** Ignores further taps until the server responds. Without a network, tries again when the network is back. */
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
    if (this.#who.kind === "unknown") await this.#learn(askWho()); // never sign somebody out without asking
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
    if (isRefused) this.#deps.page.tell(() => sheetWords.value.signedOutNotices.invite_refused);
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
    if (this.#hasTold) this.#deps.page.tell(() => undefined); // nothing of the call's own
    this.#deps.settled(access);
  }

  #draw(): void {
    if (this.#isOver) return;
    const { page } = this.#deps;
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
