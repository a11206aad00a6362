import { clock, words } from "../language/words.ts";
import type { Parts } from "./parts.ts";

/** One line about what happens, with one action. The region is always there, so that screen readers hear its changes. */
export function Strip(parts: Parts) {
  const { text, action } = current(parts) ?? {};
  return (
    <div class="strip-place" aria-live="polite">
      {text !== undefined && (
        <p class="strip">
          <span>{text}</span>
          {action && (
            <button class="pill" type="button" onClick={action.run}>
              {action.name}
            </button>
          )}
        </p>
      )}
    </div>
  );
}

interface Line {
  readonly text: string;
  readonly action?: { readonly name: string; readonly run: () => void };
}

/** The most pressing of them. */
function current({ page, call, controls, update, isIncomplete, reload }: Parts): Line | undefined {
  const all = words.value;
  const reconnecting = controls.reconnecting.value;
  if (reconnecting !== undefined) {
    const { secondsToWait } = reconnecting;
    if (secondsToWait === 0) return { text: all.states.reconnecting };
    return { text: all.reconnectingIn(secondsToWait), action: { name: all.reconnectNow, run: () => controls.reconnectNow() } };
  }
  if (page.blocked.value) return { text: all.blocked, action: { name: all.unblock, run: () => call.unblock() } };
  const problem = controls.viewProblem.value;
  if (problem !== undefined) return { text: `${all.viewProblems[problem].title}. ${all.viewProblems[problem].advice}` };
  if (controls.isUnheard.value) return { text: all.checkSilent };
  const left = controls.secondsLeft.value;
  if (left !== undefined) return { text: all.endsIn(clock(left)) };
  const action = { name: all.reload, run: reload };
  if (isIncomplete.value) return { text: all.incomplete, action };
  return update.value && !page.inCall.value ? { text: all.update, action } : undefined;
}
