import { useSignal } from "@preact/signals";
import { typedEvent } from "../page/event-filter.ts";
import { sheetWords } from "../language/sheet-words.ts";
import type { Parts } from "./parts.ts";

const EXAMPLE = '{"type": "response.create"}';

/** Sends any client event that is typed as JSON. */
export function SendEvent({ controls }: Parts) {
  const json = useSignal("");
  const problem = useSignal("");
  const { sendEvent, eventJson, notAnEvent, notSent, send } = sheetWords.value;
  const submit = (event: Event) => {
    event.preventDefault();
    const typed = typedEvent(json.value);
    if (typed === undefined) problem.value = notAnEvent;
    else if (!controls.sendEvent(typed)) problem.value = notSent;
    else json.value = problem.value = "";
  };
  return (
    <details class="send-event">
      <summary>{sendEvent}</summary>
      <form onSubmit={submit}>
        <textarea
          aria-label={eventJson}
          placeholder={EXAMPLE}
          rows={4}
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          value={json.value}
          aria-invalid={problem.value !== ""}
          onInput={({ currentTarget }) => (json.value = currentTarget.value)}
        />
        <p role="alert" class="message-problem">
          {problem.value}
        </p>
        <button class="pill" type="submit" disabled={json.value.trim() === ""}>
          {send}
        </button>
      </form>
    </details>
  );
}
