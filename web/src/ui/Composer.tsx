import { useSignal } from "@preact/signals";
import type { TargetedEvent } from "preact";
import { words } from "../language/words.ts";
import { SendIcon, StopIcon } from "./icons.tsx";
import type { Parts } from "./parts.ts";

/** Typed words, during a call: they wait until it is open. With nothing typed, the button stops what is being said. */
export function Composer({ call, controls, page }: Parts) {
  const message = useSignal("");
  const isTooLong = useSignal(false);
  if (!page.inCall.value) return null;
  const isEmpty = message.value.trim() === "";
  const change = ({ currentTarget }: TargetedEvent<HTMLInputElement>) => {
    message.value = currentTarget.value;
    isTooLong.value = false;
  };
  const send = (event: Event) => {
    event.preventDefault();
    const typed = message.value.trim(); // not what was last drawn: Enter may come before the next frame
    if (typed === "") return;
    isTooLong.value = !call.say(typed);
    if (!isTooLong.value) message.value = "";
  };
  return (
    <form class="composer" onSubmit={send}>
      <input
        id="message"
        class="message"
        dir="auto"
        aria-label={words.value.message}
        placeholder={words.value.messageHint}
        autocomplete="off"
        enterkeyhint="send"
        value={message.value}
        onInput={change}
        aria-invalid={isTooLong.value}
        aria-describedby={isTooLong.value ? "message-problem" : undefined}
      />
      {isEmpty && page.voice.value === "agent" ? (
        <button class="send" type="button" aria-label={words.value.stop} onClick={() => controls.interrupt()}>
          <StopIcon />
        </button>
      ) : (
        <button class="send" type="submit" aria-label={words.value.send} disabled={isEmpty}>
          <SendIcon />
        </button>
      )}
      {isTooLong.value && (
        <p id="message-problem" class="message-problem" role="alert">
          {words.value.tooLong}
        </p>
      )}
    </form>
  );
}
