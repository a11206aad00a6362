import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { words as said, type Caption } from "../readings/caption.ts";
import { words } from "../language/words.ts";
import { ToolIcon } from "./icons.tsx";
import type { Parts } from "./parts.ts";

const NEAR_THE_END_PX = 80;
const NEWEST = 100; // older ones are drawn when they are asked for: an hour of talk would be thousands

/** Both sides of the conversation. A screen reader hears an item once it is complete. */
export function Transcript({ page, agent, controls }: Parts) {
  const list = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const top = useRef(0);
  const limit = useSignal(NEWEST);
  const captions = page.shown.value;
  const follow = () => follows.current && list.current?.scrollTo({ top: list.current.scrollHeight });
  useLayoutEffect(() => {
    if (captions.length > 0) follow();
  }, [captions]);
  useLayoutEffect(() => {
    if (list.current === null) return;
    const resized = new ResizeObserver(follow); // the keyboard or a notice took some of its room
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
    <div
      ref={list}
      class="transcript"
      role="log"
      aria-live="polite"
      aria-label={words.value.transcript}
      tabIndex={0}
      onScroll={notePosition}
    >
      {captions.length > limit.value && (
        <button class="quiet earlier" type="button" onClick={() => (limit.value += NEWEST)}>
          {words.value.earlier}
        </button>
      )}
      {captions.slice(-limit.value).map((caption) => (
        <Item key={caption.id} caption={caption} agent={agent} controls={controls} />
      ))}
    </div>
  );
}

interface ItemProps extends Pick<Parts, "agent" | "controls"> {
  readonly caption: Caption;
}

/** Drawn again only when its caption is another: signals see to that, as long as the other properties stay the same. */
function Item({ caption, agent, controls }: ItemProps) {
  if (caption.act !== undefined) return <Act act={caption.act} />;
  const isAgent = caption.speaker === "agent";
  const text = said(caption);
  return (
    <article class="item" data-speaker={caption.speaker} data-mark={caption.mark} aria-busy={!caption.isDone}>
      <p class="speaker">{isAgent ? (caption.agent ?? agent.value.label) : words.value.you}</p>
      {caption.hasPicture && <Thumbnail itemId={caption.id} controls={controls} />}
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

function Act({ act }: { readonly act: NonNullable<Caption["act"]> }) {
  const { usedTool, handedOff } = words.value;
  return (
    <p class="act" dir="auto">
      <ToolIcon />
      {act.kind === "tool" ? usedTool(act.name) : handedOff(act.name)}
    </p>
  );
}

/** What was shown, as long as the page has it. */
function Thumbnail({ itemId, controls }: Pick<Parts, "controls"> & { readonly itemId: string }) {
  const url = controls.pictures.value.find((picture) => picture.itemId === itemId)?.url;
  const { pictureShown } = words.value;
  return url === undefined ? <p class="mark">{pictureShown}</p> : <img class="thumbnail" src={url} alt={pictureShown} />;
}
