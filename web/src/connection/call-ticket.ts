/** The ticket of one call: with it, the page ends the call on the server, also while the page is being closed. */

import { hangUp, registerCall } from "./signalling.ts";

const TRIES = 3;
const RETRY_MS = 10_000;

export class CallTicket {
  readonly #agent: string;
  readonly #callId: string;
  #signed: string | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #isRegistered: boolean;
  #isOver = false;

  constructor(agent: string, callId: string, ticket: string | undefined) {
    this.#agent = agent;
    this.#callId = callId;
    this.#signed = ticket;
    this.#isRegistered = ticket !== undefined;
  }

  /** Registers a call that the page opened by itself, once the line has settled. Resolves after the first try. */
  async register(): Promise<void> {
    if (this.#isRegistered || this.#isOver || this.#callId === "") return;
    this.#isRegistered = true;
    clearTimeout(this.#retry);
    await this.#register(TRIES);
  }

  /** Ends the call on the server too; the browser sends this even if the page is closing. One try: the server has a deadline. */
  hangUp(): void {
    this.#isOver = true;
    clearTimeout(this.#retry);
    const signed = this.#signed;
    this.#signed = undefined;
    if (signed !== undefined) void hangUp(signed);
  }

  async #register(tries: number): Promise<void> {
    const ticket = await registerCall(this.#callId, this.#agent);
    if (ticket !== undefined) this.#signed = ticket;
    else if (tries > 1 && !this.#isOver) this.#retry = setTimeout(() => void this.#register(tries - 1), RETRY_MS);
    if (this.#isOver) this.hangUp();
  }
}
