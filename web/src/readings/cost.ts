/** What a call costs, in money and by modality, from the usage in server events. Pure. */

import { noCost, type Amount, type CallCost, type Cost } from "./call-cost.ts";
import { fields, text, type Fields, type RealtimeEvent } from "../protocol/events.ts";
import { pricesOf, transcriptionPrice, type Modality, type ModelPrices } from "./prices.ts";

export const modalities: readonly Modality[] = ["audio", "text", "image"];
const free = noCost.total;

const TURNS = 60;

/** Whether the price table knows the call's model: without that there is usage, but no money. */
export function isPriced({ model }: CallCost): boolean {
  return pricesOf(model) !== undefined;
}

/** The cost of a call after one more server event. */
export function readCost(cost: CallCost, event: RealtimeEvent): CallCost {
  switch (event.type) {
    case "session.created":
    case "session.updated":
      return readSession(cost, fields(event.session));
    case "response.done":
      return addTurn(cost, fields(fields(event.response).usage));
    case "conversation.item.input_audio_transcription.completed":
      return addTranscription(cost, fields(event.usage));
    default:
      return cost;
  }
}

/** The price of one response's `usage`: the tokens of each modality include the cached ones. */
export function usageCost(usage: Fields, prices: ModelPrices | undefined): Cost {
  const amounts = modalities.map((modality) => [modality, amountOf(usage, modality, prices)] as const);
  const usd = amounts.reduce((sum, [, amount]) => sum + amount.usd, 0);
  return { ...free, ...Object.fromEntries(amounts), usd };
}

function amountOf(usage: Fields, modality: Modality, prices: ModelPrices | undefined): Amount {
  const read = fields(usage.input_token_details);
  const all = tokens(read, modality);
  const cached = Math.min(tokens(fields(read.cached_tokens_details), modality), all);
  const amount = { input: all - cached, cached, output: tokens(fields(usage.output_token_details), modality) };
  const price = prices?.[modality];
  if (price === undefined) return { ...amount, usd: 0 };
  const micro = amount.input * price.input + amount.cached * price.cached + amount.output * (price.output ?? 0);
  return { ...amount, usd: micro / 1_000_000 };
}

function tokens(details: Fields, modality: Modality): number {
  const count = Number(details[`${modality}_tokens`] ?? 0);
  return Number.isFinite(count) && count > 0 ? count : 0;
}

function readSession(cost: CallCost, session: Fields): CallCost {
  const transcription = fields(fields(fields(session.audio).input).transcription);
  return {
    ...cost,
    model: text(session.model) ?? cost.model,
    transcription: text(transcription.model) ?? cost.transcription,
  };
}

function addTurn(cost: CallCost, usage: Fields): CallCost {
  const last = usageCost(usage, pricesOf(cost.model));
  return { ...cost, total: sum(cost.total, last), last, turns: [...cost.turns.slice(1 - TURNS), last.usd] };
}

function addTranscription(cost: CallCost, usage: Fields): CallCost {
  const seconds = Number(usage.seconds ?? 0);
  const usd = seconds > 0 ? seconds * (transcriptionPrice(cost.transcription) ?? 0) : 0;
  return { ...cost, total: sum(cost.total, { ...free, transcriptionUsd: usd, usd }) };
}

function sum(one: Cost, other: Cost): Cost {
  const both = (modality: Modality): Amount => ({
    input: one[modality].input + other[modality].input,
    cached: one[modality].cached + other[modality].cached,
    output: one[modality].output + other[modality].output,
    usd: one[modality].usd + other[modality].usd,
  });
  const transcriptionUsd = one.transcriptionUsd + other.transcriptionUsd;
  return { text: both("text"), audio: both("audio"), image: both("image"), transcriptionUsd, usd: one.usd + other.usd };
}
