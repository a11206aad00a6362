/** The two ways to set up a call, chosen in the agent's file; the rest of the page does not know which it is. */

import type { Agent } from "virtual:agents";
import { isUsable, mintClientSecret, postOffer, postOfferToServer, type ClientSecret } from "./signalling.ts";

export interface Opened {
  readonly sdp: string;
  readonly callId: string;
  readonly maxCallSeconds: number;
  /** What ends this call on the server; a call opened with a client secret has none until it is registered. */
  readonly ticket: string | undefined;
}

/** Who is called, and with which voice; "" is the agent's own. */
export interface Callee {
  readonly agent: Agent;
  readonly voice: string;
}

export interface Setup {
  /** The agent's name, as the server knows it. */
  readonly agent: string;
  /** Opens a call upstream; the offer is awaited as late as possible. Rejects with a CallProblem. */
  open(offer: Promise<string>, signal: AbortSignal): Promise<Opened>;
  /** What was got for this call is of no use to the next one. */
  forget(): void;
}

export function setupFor(callee: Callee): Setup {
  return callee.agent.setup === "unified" ? new Unified(callee) : new WithClientSecret(callee);
}

/** The page gets a client secret and posts its offer to OpenAI. One that was not used serves the next dial. */
class WithClientSecret implements Setup {
  readonly #callee: Callee;
  #secret: ClientSecret | undefined;

  constructor(callee: Callee) {
    this.#callee = callee;
  }

  get agent(): string {
    return this.#callee.agent.name;
  }

  async open(offer: Promise<string>, signal: AbortSignal): Promise<Opened> {
    const spare = this.#secret;
    const secret = spare && isUsable(spare) ? spare : await mintClientSecret(this.#callee, signal);
    this.#secret = secret;
    const answer = await postOffer(secret, await offer, signal);
    return { ...answer, maxCallSeconds: secret.maxCallSeconds, ticket: undefined };
  }

  forget(): void {
    this.#secret = undefined;
  }
}

/** The server posts the offer: key, instructions and client secret never reach this page. */
class Unified implements Setup {
  readonly #callee: Callee;

  constructor(callee: Callee) {
    this.#callee = callee;
  }

  get agent(): string {
    return this.#callee.agent.name;
  }

  async open(offer: Promise<string>, signal: AbortSignal): Promise<Opened> {
    return postOfferToServer(this.#callee, await offer, signal);
  }

  forget(): void {
    // Nothing is kept between two calls.
  }
}
