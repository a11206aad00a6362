import { useSignal } from "@preact/signals";
import type { ActivityLine, Direction } from "../activity.ts";
import type { PageState } from "../page-state.ts";
import { words } from "../words.ts";

const SIGNS: Readonly<Record<Direction, string>> = { client: "↑", server: "↓", page: "·" };
const time = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });

/** What happened, one tap away. Its lines exist only while it is open. */
export function Activity({ page }: { readonly page: PageState }) {
  const isOpen = useSignal(false);
  return (
    <details class="activity" onToggle={({ currentTarget }) => (isOpen.value = currentTarget.open)}>
      <summary>{words.value.events}</summary>
      {isOpen.value && <Lines page={page} />}
    </details>
  );
}

function Lines({ page }: { readonly page: PageState }) {
  const lines = page.activity.value;
  return (
    <div class="activity-panel">
      <ul class="activity-lines" tabIndex={0} aria-label={words.value.events}>
        {lines.toReversed().map((line) => (
          <Line key={line.key} line={line} />
        ))}
        {lines.length === 0 && <li class="activity-empty">{words.value.noEvents}</li>}
      </ul>
      <button class="quiet" type="button" onClick={() => page.clearActivity()}>
        {words.value.clear}
      </button>
    </div>
  );
}

function Line({ line }: { readonly line: ActivityLine }) {
  return (
    <li data-error={line.isError}>
      <time dateTime={line.at.toISOString()}>{time.format(line.at)}</time>
      <span aria-hidden="true">{SIGNS[line.direction]}</span>
      <span>
        {line.times > 1 && `${line.times} × `}
        {line.type}
      </span>
      <span class="activity-detail" dir="auto">
        {line.detail}
      </span>
    </li>
  );
}
