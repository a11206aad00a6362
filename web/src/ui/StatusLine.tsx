import type { PageState } from "../page/page-state.ts";
import { clock, words } from "../language/words.ts";

/** The connection in words, and how long the call lasts. The clock is no live region: it would never be silent. */
export function StatusLine({ page }: { readonly page: PageState }) {
  const call = page.call.value;
  const hasClock = page.inCall.value || call === "ended";
  return (
    <div class="status" data-call={call}>
      <span class="lamp" aria-hidden="true" />
      <span role="status">{statusWords(page)}</span>
      {hasClock && (
        <time class="clock" role="timer" aria-label={words.value.elapsed} aria-live="off">
          {clock(page.seconds.value)}
        </time>
      )}
    </div>
  );
}

function statusWords({ call, isSignedOut, unsteady }: PageState): string {
  if (isSignedOut.value) return words.value.signedOut;
  return unsteady.value && call.value === "live" ? words.value.unsteady : words.value.states[call.value];
}
