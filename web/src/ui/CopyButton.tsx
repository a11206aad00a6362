import { useSignal } from "@preact/signals";
import { sheetWords } from "../language/sheet-words.ts";

const SAID_MS = 2_000;

/** Copies a text, and says so on the button itself. */
export function CopyButton({ text }: { readonly text: string }) {
  const isCopied = useSignal(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    isCopied.value = true;
    setTimeout(() => (isCopied.value = false), SAID_MS);
  };
  return (
    <button class="quiet" type="button" onClick={() => void copy().catch(() => undefined)}>
      {isCopied.value ? sheetWords.value.copied : sheetWords.value.copy}
    </button>
  );
}
