/** What the cost of a call is made of, without the price table. */

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
