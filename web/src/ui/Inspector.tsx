import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { filterEntries, filters, type Shown } from "../page/event-filter.ts";
import type { Entry } from "../page/event-list.ts";
import { count } from "../language/figures.ts";
import { sheetWords } from "../language/sheet-words.ts";
import { EventRows } from "./EventRows.tsx";
import type { Parts } from "./parts.ts";
import { SendEvent } from "./SendEvent.tsx";

const REFRESH_MS = 200;

/** Every event, both directions. */
export function Inspector(parts: Parts) {
  const { events } = parts.page;
  const shown = useSignal<Shown>("all");
  const search = useSignal("");
  const entries = useSignal<readonly Entry[]>([]);
  useEffect(() => {
    const refresh = () => (entries.value = filterEntries(events.entries, shown.value, search.value).slice());
    return throttled(refresh, (again) => {
      const stops = [events.version, shown, search].map((signal) => signal.subscribe(again));
      return () => stops.forEach((stop) => stop());
    });
  }, []);
  const all = sheetWords.value;
  const isEmpty = events.entries.length === 0;
  return (
    <section class="card inspector" aria-label={all.events}>
      <div class="inspector-top">
        <h3>{all.events}</h3>
        <button class="quiet" type="button" disabled={isEmpty && entries.value.length === 0} onClick={() => events.clear()}>
          {all.clear}
        </button>
      </div>
      <div class="inspector-filters">
        <select aria-label={all.direction} value={shown.value} onChange={({ currentTarget }) => (shown.value = currentTarget.value as Shown)}>
          {filters.map((filter) => (
            <option key={filter} value={filter}>
              {all.directions[filter]}
            </option>
          ))}
        </select>
        <input
          dir="auto"
          type="search"
          aria-label={all.search}
          placeholder={all.search}
          value={search.value}
          onInput={({ currentTarget }) => (search.value = currentTarget.value)}
        />
      </div>
      {events.dropped > 0 && <p class="hint">{all.olderDropped(count(events.dropped))}</p>}
      {entries.value.length === 0 ? (
        <p class="event-empty">{isEmpty ? all.noEvents : all.noMatch}</p>
      ) : (
        <EventRows entries={entries.value} since={events.entries[0]?.at ?? new Date()} />
      )}
      <SendEvent {...parts} />
    </section>
  );
}

/** Runs `work` now and after each change, but no more often than eyes can follow. */
function throttled(work: () => void, subscribe: (again: () => void) => () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = () => {
    timer = undefined;
    work();
  };
  work();
  const unsubscribe = subscribe(() => (timer ??= setTimeout(run, REFRESH_MS)));
  return () => {
    clearTimeout(timer);
    unsubscribe();
  };
}
