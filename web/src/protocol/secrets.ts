// A text that our functions signed (an invite, a ticket) is v1.<key id>.<payload>.<64 hex digits>; Google's access tokens
// begin with ya29. functions/voicemint/redaction.py knows the same.
const SECRET = /\b(?:ek|sk)[_-][\w*.-]{8,}|v1\.[a-z0-9]{1,16}\.[\w-]+\.[0-9a-f]{64}|ya29\.[\w.~+/-]{8,}/g;

/** Client secrets (`ek_…`) and API keys (`sk-…`), whole or half hidden as refusals repeat them, leave this page nowhere. */
export function withoutSecrets(words: string): string {
  return words.replace(SECRET, "[secret]");
}
