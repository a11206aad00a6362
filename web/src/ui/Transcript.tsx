import { useLayoutEffect, useRef } from "preact/hooks";
import { words as said, type Caption } from "../captions.ts";
import type { PageState } from "../page-state.ts";
import { words } from "../words.ts";

const NEAR_THE_END_PX = 80;

/** Both sides of the conversation. A screen reader hears an item once it is complete. */
export function Transcript({ page, label }: { readonly page: PageState; readonly label: string }) {
  const list = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const top = useRef(0);
  const captions = page.shown.value;
  const follow = () => follows.current && list.current?.scrollTo({ top: list.current.scrollHeight });
  useLayoutEffect(() => void follow(), [captions]);
  useLayoutEffect(() => {
    if (list.current === null) return;
    const resized = new ResizeObserver(follow); // the keyboard or the activity list took some of its room
    resized.observe(list.current);
    return () => resized.disconnect();
  }, []);
  const notePosition = ({ currentTarget: { scrollHeight, scrollTop, clientHeight } }: { currentTarget: HTMLElement }) => {
    const isUp = scrollTop < top.current; // only a person scrolls up: less room alone is no reason to stop following
    top.current = scrollTop;
    if (scrollHeight - scrollTop - clientHeight < NEAR_THE_END_PX) follows.current = true;
    else if (isUp) follows.current = false;
  };
  return (
    <div ref={list} class="transcript" role="log" aria-label={words.value.transcript} tabIndex={0} onScroll={notePosition}>
      {captions.map((caption) => (
        <Item key={caption.id} caption={caption} label={label} />
      ))}
    </div>
  );
}

function Item({ caption, label }: { readonly caption: Caption; readonly label: string }) {
  const isAgent = caption.speaker === "agent";
  const text = said(caption);
  return (
    <article class="item" data-speaker={caption.speaker} data-mark={caption.mark} aria-busy={!caption.isDone}>
      <p class="speaker">{isAgent ? label : words.value.you}</p>
      {text !== "" && (
        <p class="words" dir="auto">
          {text}
        </p>
      )}
      {caption.mark && (
        <p class="mark">
          {words.value.marks[caption.mark]} {caption.detail}
        </p>
      )}
    </article>
  );
}
