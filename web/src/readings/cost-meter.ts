/** What the call has cost so far. The price table and its arithmetic come with the first answer, not with the first paint. */

import type { RealtimeEvent } from "../protocol/events.ts";
import { noCost, type CallCost } from "./call-cost.ts";

const ANSWERED = "response.done";
const COUNTED = new Set([ANSWERED, "session.created", "session.updated", "conversation.item.input_audio_transcription.completed"]);
const UNREAD = 1_000; // kept while the arithmetic cannot be loaded

export class CostMeter {
  readonly #tell: (cost: CallCost) => void;
  #cost = noCost;
  #unread: readonly RealtimeEvent[] = [];

  constructor(tell: (cost: CallCost) => void) {
    this.#tell = tell;
  }

  hear(event: RealtimeEvent): void {
    if (!COUNTED.has(event.type)) return;
    this.#unread = [...this.#unread, event].slice(-UNREAD);
    if (event.type === ANSWERED || this.#cost.turns.length > 0) void this.#read();
  }

  clear(): void {
    this.#unread = [];
    this.#become(noCost);
  }

  /** Events that cannot be read now are read with the next answer. */
  async #read(): Promise<void> {
    const arithmetic = await import("./cost.ts").catch(() => undefined);
    if (arithmetic === undefined) return;
    const unread = this.#unread;
    this.#unread = [];
    this.#become(unread.reduce(arithmetic.readCost, this.#cost));
  }

  #become(cost: CallCost): void {
    this.#cost = cost;
    this.#tell(cost);
  }
}
