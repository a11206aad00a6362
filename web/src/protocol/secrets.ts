// Our functions sign invites and tickets as v1.<key id>.<payload>.<64 hex digits>. Google's access tokens begin with
// ya29. The server has the same patterns: functions/voicemint/redaction.py.
const SECRET = /\b(?:ek|sk)[_-][\w*.-]{8,}|v1\.[a-z0-9]{1,16}\.[\w-]+\.[0-9a-f]{64}|ya29\.[\w.~+/-]{8,}/g;

/** Hides client secrets (`ek_…`) and API keys (`sk-…`), also when an error message repeats only a part of one. */
export function withoutSecrets(words: string): string {
  return words.replace(SECRET, "[secret]");
}
