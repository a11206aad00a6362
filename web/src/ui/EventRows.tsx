import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { readEntry } from "../page/event-filter.ts";
import type { Direction, Entry } from "../page/event-list.ts";
import { sheetWords } from "../language/sheet-words.ts";
import { CopyButton } from "./CopyButton.tsx";
import { offset } from "../language/figures.ts";

const SIGNS: Readonly<Record<Direction, string>> = { client: "↑", server: "↓", page: "·" };
const ROW_PX = 44;
const OPEN_PX = 288; // what an expanded event adds: it scrolls in itself
const SPARE_ROWS = 8;

interface RowsProps {
  readonly entries: readonly Entry[];
  /** What the times are counted from. */
  readonly since: Date;
}

/** The rows in sight and a few around them, however many there are. One is expanded at a time. */
export function EventRows({ entries, since }: RowsProps) {
  const list = useRef<HTMLDivElement>(null);
  const end = useRef(0);
  const top = useSignal(0);
  const height = useSignal(400);
  const open = useSignal<number | undefined>(undefined);
  const openAt = entries.findIndex(({ key }) => key === open.value);
  useLayoutEffect(() => {
    if (list.current === null || openAt >= 0 || list.current.scrollTop < end.current - ROW_PX) return; // somebody reads further up
    list.current.scrollTo({ top: list.current.scrollHeight });
    end.current = list.current.scrollTop;
  }, [entries]);
  useLayoutEffect(() => {
    if (list.current === null) return;
    const resized = new ResizeObserver(([entry]) => (height.value = entry?.contentRect.height ?? height.value));
    resized.observe(list.current);
    return () => resized.disconnect();
  }, []);
  const first = Math.max(0, Math.floor((top.value - (openAt >= 0 ? OPEN_PX : 0)) / ROW_PX) - SPARE_ROWS);
  const rows = Math.ceil((height.value + OPEN_PX) / ROW_PX) + 2 * SPARE_ROWS;
  const seen = entries.slice(first, first + rows);
  const size = (from: number, to: number) => (to - from) * ROW_PX + (openAt >= from && openAt < to ? OPEN_PX : 0);
  return (
    <div ref={list} class="event-rows" role="list" aria-label={sheetWords.value.events} tabIndex={0} onScroll={({ currentTarget }) => (top.value = currentTarget.scrollTop)}>
      <Space height={size(0, first)} />
      {seen.map((entry, at) => (
        <Row
          key={entry.key}
          entry={entry}
          since={since}
          place={first + at + 1}
          of={entries.length}
          isOpen={entry.key === open.value}
          toggle={() => (open.value = entry.key === open.value ? undefined : entry.key)}
        />
      ))}
      <Space height={size(first + seen.length, entries.length)} />
    </div>
  );
}

/** Stands for the rows out of sight. Its height is set by script: the page's policy allows no style in the markup. */
function Space({ height }: { readonly height: number }) {
  const space = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => space.current?.style.setProperty("height", `${height}px`), [height]);
  return <div ref={space} aria-hidden="true" />;
}

interface RowProps {
  readonly entry: Entry;
  readonly since: Date;
  readonly place: number;
  readonly of: number;
  readonly isOpen: boolean;
  readonly toggle: () => void;
}

function Row({ entry, since, place, of, isOpen, toggle }: RowProps) {
  return (
    <div class="event" role="listitem" aria-posinset={place} aria-setsize={of} data-error={entry.isError} data-direction={entry.direction}>
      <button class="event-line" type="button" aria-expanded={isOpen} onClick={toggle}>
        <time dateTime={entry.at.toISOString()} title={entry.at.toISOString()}>
          {offset(entry.at.getTime() - since.getTime())}
        </time>
        <span class="event-sign" role="img" aria-label={sheetWords.value.directions[entry.direction]}>
          {SIGNS[entry.direction]}
        </span>
        <span class="event-type">
          {entry.type}
          {entry.times > 1 && <span class="event-times">{` × ${entry.times}`}</span>}
        </span>
        <span class="event-detail" dir="auto">
          {entry.detail}
        </span>
      </button>
      {isOpen && <Json entry={entry} />}
    </div>
  );
}

function Json({ entry }: { readonly entry: Entry }) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => place.current?.scrollIntoView({ block: "nearest" }), []);
  const json = readEntry(entry);
  return (
    <div ref={place} class="event-json">
      <pre tabIndex={0}>{json}</pre>
      <CopyButton text={json} />
    </div>
  );
}
