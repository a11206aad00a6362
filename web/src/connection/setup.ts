/** The two ways to set up a call, chosen in the agent's file; the rest of the page does not know which it is. */

import type { Agent } from "virtual:agents";
import { CallProblem } from "../protocol/problems.ts";
import { isUsable, mintClientSecret, postOffer, postOfferToServer, type ClientSecret } from "./signalling.ts";

export interface Opened {
  readonly sdp: string;
  readonly callId: string;
  readonly maxCallSeconds: number;
  /** Of the person's month, before this call; undefined where the server tells none. */
  readonly minutesLeft: number | undefined;
  /** What ends this call on the server; a call opened with a client secret has none until it is registered. */
  readonly ticket: string | undefined;
}

/** Who is called, and with which voice; "" is the agent's own. */
export interface Callee {
  readonly agent: Agent;
  readonly voice: string;
}

export interface Setup {
  /** Fetches ahead what a dial would wait for, where that costs nothing. Never rejects. */
  warm(): Promise<void>;
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
  #secret: Promise<ClientSecret> | undefined;

  constructor(callee: Callee) {
    this.#callee = callee;
  }

  get agent(): string {
    return this.#callee.agent.name;
  }

  async warm(): Promise<void> {
    await this.#usable().catch(() => undefined); // the dial tries again, and tells
  }

  async open(offer: Promise<string>, signal: AbortSignal): Promise<Opened> {
    const ahead = this.#secret;
    try {
      return await this.#post(offer, signal);
    } catch (error) {
      const isOver = error instanceof CallProblem && error.status === 401;
      if (!isOver || ahead === undefined || ahead !== this.#secret) throw error;
      this.forget(); // fetched ahead, and over sooner than this device's clock says: one new one, and nobody is told
      return await this.#post(offer, signal);
    }
  }

  forget(): void {
    this.#secret = undefined;
  }

  async #post(offer: Promise<string>, signal: AbortSignal): Promise<Opened> {
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
class Unified implements Setup {
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

  async open(offer: Promise<string>, signal: AbortSignal): Promise<Opened> {
    return postOfferToServer(this.#callee, await offer, signal);
  }

  forget(): void {
    // Nothing is kept between two calls.
  }
}

/** Settles as `promise` does, or rejects as soon as `signal` is aborted; the promise itself goes on. */
async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  const over = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { signal: over.signal });
  });
  return Promise.race([promise, aborted]).finally(() => over.abort());
}
