/** Client secrets (`ek_…`) and API keys (`sk-…`), whole or half hidden as refusals repeat them, leave this page nowhere. */
export function withoutSecrets(words: string): string {
  return words.replace(/\b(?:ek|sk)[_-][\w*.-]{8,}/g, "[secret]");
}
