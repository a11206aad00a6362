/** OpenAI's prices: the table that the owner's commands and the functions read too. */

import table from "../../../functions/voicemint/openai/prices.json";

export type Modality = "text" | "audio" | "image";

/** US dollars for a million tokens. */
export interface TokenPrice {
  readonly input: number;
  readonly cached: number;
  readonly output?: number;
}

export type ModelPrices = Readonly<Record<Modality, TokenPrice>>;

/** The day the prices were looked up, as YYYY-MM-DD. */
export const pricesAsOf = table.as_of;

const MODELS = new Map<string, ModelPrices>(Object.entries(table.usd_per_million_tokens));
const TRANSCRIPTION = new Map<string, number>(Object.entries(table.transcription_usd_per_minute));
const DATED = /-\d{4}-\d{2}-\d{2}$/;

/** A model's prices; a dated snapshot costs what its model costs. */
export function pricesOf(model: string): ModelPrices | undefined {
  return MODELS.get(model) ?? MODELS.get(model.replace(DATED, ""));
}

/** US dollars for a second of input transcription; undefined for a model that is not billed by time. */
export function transcriptionPrice(model: string): number | undefined {
  const perMinute = TRANSCRIPTION.get(model);
  return perMinute === undefined ? undefined : perMinute / 60;
}
