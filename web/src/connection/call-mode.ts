/** The two call modes: client secret and unified. The agent's file chooses one; the rest of the page does not know which. */

import { CallProblem } from "../protocol/problems.ts";
import { isUsable, mintClientSecret, postOffer, postOfferToServer } from "./signalling.ts";
import type { Callee, ClientSecret, ConnectedCall } from "./signalling.ts";

export type { Callee, ConnectedCall } from "./signalling.ts";

export interface CallMode {
  /** Fetches in advance what a dial would wait for, if that costs nothing. Never rejects. */
  warm(): Promise<void>;
  /** The agent's name, as the server knows it. */
  readonly agent: string;
  /** Opens a call at OpenAI, and awaits the offer as late as possible. Rejects with a CallProblem. */
  open(offer: Promise<string>, signal: AbortSignal): Promise<ConnectedCall>;
  /** Drops what was fetched for this call: the next one cannot use it. */
  forget(): void;
}

export function callModeFor(callee: Callee): CallMode {
  return callee.agent.setup === "unified" ? new Unified(callee) : new WithClientSecret(callee);
}

/** The page gets a client secret and posts its offer to OpenAI. The next dial uses a secret that was not used. */
class WithClientSecret implements CallMode {
  readonly #callee: Callee;
  #secret: Promise<ClientSecret> | undefined;

  constructor(callee: Callee) {
    this.#callee = callee;
  }

  get agent(): string {
    return this.#callee.agent.name;
  }

  async warm(): Promise<void> {
    await this.#usable().catch(() => undefined); // the dial tries again and reports the error
  }

  async open(offer: Promise<string>, signal: AbortSignal): Promise<ConnectedCall> {
    const ahead = this.#secret;
    try {
      return await this.#post(offer, signal);
    } catch (error) {
      const isOver = error instanceof CallProblem && error.status === 401;
      if (!isOver || ahead === undefined || ahead !== this.#secret) throw error;
      this.forget(); // it expired sooner than this device's clock says: fetch one new secret without a notice
      return await this.#post(offer, signal);
    }
  }

  forget(): void {
    this.#secret = undefined;
  }

  async #post(offer: Promise<string>, signal: AbortSignal): Promise<ConnectedCall> {
    const secret = await unlessAborted(this.#usable(), signal);
    const answer = await postOffer(secret, await offer, signal);
    const { maxCallSeconds, minutesLeft } = secret;
    return { ...answer, maxCallSeconds, minutesLeft, ticket: undefined };
  }

  async #usable(): Promise<ClientSecret> {
    const kept = await this.#secret?.catch(() => undefined);
    if (kept !== undefined && isUsable(kept)) return kept;
    this.#secret = mintClientSecret(this.#callee);
    return this.#secret;
  }
}

/** The server posts the offer: key, instructions and client secret never reach this page. */
class Unified implements CallMode {
  readonly #callee: Callee;

  constructor(callee: Callee) {
    this.#callee = callee;
  }

  get agent(): string {
    return this.#callee.agent.name;
  }

  warm(): Promise<void> {
    return Promise.resolve(); // the offer itself makes the call
  }

  async open(offer: Promise<string>, signal: AbortSignal): Promise<ConnectedCall> {
    return postOfferToServer(this.#callee, await offer, signal);
  }

  forget(): void {
    // Nothing is kept between two calls.
  }
}

/** Settles as `promise` does, or rejects as soon as `signal` is aborted; the promise itself continues. */
async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  const over = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { signal: over.signal });
  });
  return Promise.race([promise, aborted]).finally(() => over.abort());
}
