/** The server's hold on a call: a ticket, with which the page ends the call also when it is being closed. */

import { hangUp, registerCall } from "./signalling.ts";

const TRIES = 3;
const AGAIN_MS = 10_000;

export class Leash {
  readonly #agent: string;
  readonly #callId: string;
  #ticket: string | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #isRegistered: boolean;
  #isOver = false;

  constructor(agent: string, callId: string, ticket: string | undefined) {
    this.#agent = agent;
    this.#callId = callId;
    this.#ticket = ticket;
    this.#isRegistered = ticket !== undefined;
  }

  /** Makes a call known to the server that was opened without it; resolves after the first try. Once the line has settled. */
  async register(): Promise<void> {
    if (this.#isRegistered || this.#isOver || this.#callId === "") return;
    this.#isRegistered = true;
    clearTimeout(this.#again);
    await this.#register(TRIES);
  }

  /** Ends the call on the server too; a page that is closing has it sent by the browser. One try: the server has a clock. */
  hangUp(): void {
    this.#isOver = true;
    clearTimeout(this.#again);
    const ticket = this.#ticket;
    this.#ticket = undefined;
    if (ticket !== undefined) void hangUp(ticket);
  }

  async #register(tries: number): Promise<void> {
    const ticket = await registerCall(this.#callId, this.#agent);
    if (ticket !== undefined) this.#ticket = ticket;
    else if (tries > 1 && !this.#isOver) this.#again = setTimeout(() => void this.#register(tries - 1), AGAIN_MS);
    if (this.#isOver) this.hangUp();
  }
}
