/** Numbers as the language of the page writes them. */

import { language } from "./words.ts";

/** US dollars: enough digits to see a call's first cents grow, and no more; `fine` for parts of a cent. */
export function money(usd: number, fine = false): string {
  const digits = fine ? 4 : usd < 1 ? 3 : 2;
  const style = { style: "currency", currency: "USD", minimumFractionDigits: digits, maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(language.value, style).format(usd);
}

export function count(number: number): string {
  return new Intl.NumberFormat(language.value).format(number);
}

export function milliseconds(ms: number): string {
  return `${count(Math.round(ms))} ms`;
}

/** A day as YYYY-MM-DD, in words. */
export function day(isoDay: string): string {
  return new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(isoDay));
}

export function timeOfDay(at: Date | number): string {
  return new Intl.DateTimeFormat(language.value, { timeStyle: "medium", hourCycle: "h23" }).format(at);
}

/** Seconds since the first event, to the millisecond. */
export function offset(ms: number): string {
  return `+${(ms / 1000).toFixed(3)}`;
}
