import "../styles/sheet-content.css";
import { CopyButton } from "./CopyButton.tsx";
import type { Parts } from "./parts.ts";

/** What the assistant displays: large, as it is, and ready to copy. */
export function Note({ note }: Parts) {
  return (
    <section class="card">
      <p class="note" dir="auto">
        {note.value}
      </p>
      <CopyButton text={note.value} />
    </section>
  );
}
