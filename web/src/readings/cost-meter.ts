/** What the call has cost so far. The price table and its arithmetic come with the first answer, not with the first paint. */

import type { RealtimeEvent } from "../protocol/events.ts";

export interface Amount {
  /** Tokens read at the full price. */
  readonly input: number;
  /** Tokens read again, at the lower one. */
  readonly cached: number;
  readonly output: number;
  readonly usd: number;
}

export interface Cost {
  readonly text: Amount;
  readonly audio: Amount;
  readonly image: Amount;
  readonly transcriptionUsd: number;
  readonly usd: number;
}

export interface CallCost {
  readonly model: string;
  readonly transcription: string;
  readonly total: Cost;
  readonly last: Cost | undefined;
  /** US dollars of each turn; the newest at the end. */
  readonly turns: readonly number[];
}

const nothing: Amount = { input: 0, cached: 0, output: 0, usd: 0 };
const free: Cost = { text: nothing, audio: nothing, image: nothing, transcriptionUsd: 0, usd: 0 };
export const noCost: CallCost = { model: "", transcription: "", total: free, last: undefined, turns: [] };

const ANSWERED = "response.done";
const COUNTED = new Set([ANSWERED, "session.created", "session.updated", "conversation.item.input_audio_transcription.completed"]);
const UNREAD = 1_000; // where the arithmetic cannot be loaded

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

  /** What cannot be read now is read with the next answer. */
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
