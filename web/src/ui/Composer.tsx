import { useSignal } from "@preact/signals";
import type { TargetedEvent } from "preact";
import type { Parts } from "./App.tsx";
import { words } from "../words.ts";
import { SendIcon } from "./icons.tsx";

/** Typed words, during a call: they wait until it is open. */
export function Composer({ call, page }: Parts) {
  const message = useSignal("");
  const isTooLong = useSignal(false);
  if (!page.inCall.value) return null;
  const change = ({ currentTarget }: TargetedEvent<HTMLInputElement>) => {
    message.value = currentTarget.value;
    isTooLong.value = false;
  };
  const send = (event: Event) => {
    event.preventDefault();
    const typed = message.value.trim();
    if (typed === "") return;
    isTooLong.value = !call.say(typed);
    if (!isTooLong.value) message.value = "";
  };
  return (
    <form class="composer" onSubmit={send}>
      <input
        class="message"
        aria-label={words.value.message}
        placeholder={words.value.messageHint}
        autocomplete="off"
        enterkeyhint="send"
        value={message.value}
        onInput={change}
        aria-invalid={isTooLong.value}
        aria-describedby={isTooLong.value ? "message-problem" : undefined}
      />
      <button class="send" type="submit" aria-label={words.value.send} disabled={message.value.trim() === ""}>
        <SendIcon />
      </button>
      {isTooLong.value && (
        <p id="message-problem" class="message-problem" role="alert">
          {words.value.tooLong}
        </p>
      )}
    </form>
  );
}
