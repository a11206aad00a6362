/** Push-to-talk: what is said between press and release is one turn. */

import type { Microphone } from "../sound/microphone.ts";

const TAIL_MS = 250; // the last word is still on its way when the finger leaves
const SLIP_MS = 300; // too short to say anything, and OpenAI refuses a turn that is nearly empty

export interface Turn {
  /** The person begins to speak. */
  begin(): void;
  /** What was said is complete. */
  finish(): void;
  /** Nothing was said. */
  cancel(): void;
}

export class PushToTalk {
  readonly #microphone: Microphone;
  readonly #turn: Turn;
  #heldSince: number | undefined;
  #tail: ReturnType<typeof setTimeout> | undefined;

  constructor(microphone: Microphone, turn: Turn) {
    this.#microphone = microphone;
    this.#turn = turn;
  }

  get isHeld(): boolean {
    return this.#heldSince !== undefined;
  }

  hold(): void {
    if (this.isHeld) return;
    const goesOn = this.#tail !== undefined;
    this.stop();
    this.#heldSince = performance.now();
    if (!goesOn) this.#turn.begin();
    void this.#microphone.setHeldBack(false);
  }

  release(): void {
    if (this.#heldSince === undefined) return;
    const isSlip = performance.now() - this.#heldSince < SLIP_MS;
    this.#heldSince = undefined;
    this.#tail = setTimeout(() => void this.#end(isSlip), TAIL_MS);
  }

  /** Forgets a turn that was begun. */
  stop(): void {
    clearTimeout(this.#tail);
    this.#tail = undefined;
    this.#heldSince = undefined;
  }

  async #end(isSlip: boolean): Promise<void> {
    this.#tail = undefined;
    await this.#microphone.setHeldBack(true);
    if (isSlip) this.#turn.cancel();
    else this.#turn.finish();
  }
}
