import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { words } from "../language/words.ts";
import { CloseIcon } from "./icons.tsx";
import type { Parts, SheetName } from "./parts.ts";

/** Each sheet comes in a chunk of its own, when it is first opened. */
const LOADERS: Readonly<Record<SheetName, () => Promise<ComponentType<Parts>>>> = {
  options: async () => (await import("./Options.tsx")).Options,
  details: async () => (await import("./Details.tsx")).Details,
  keyboard: async () => (await import("./Keyboard.tsx")).Keyboard,
  note: async () => (await import("./Note.tsx")).Note,
};

const loaded = new Map<SheetName, ComponentType<Parts>>();

/** Resolves when the sheet can be drawn at once. */
export async function loadSheet(name: SheetName): Promise<void> {
  const sheet = LOADERS[name]();
  const { followLanguage } = await import("../language/sheet-words.ts");
  await followLanguage();
  loaded.set(name, await sheet);
}

/** What lies over the page, one tap away. Esc, the cross and a tap beside it close it. */
export function Sheets(parts: Parts) {
  const name = parts.sheet.value;
  return name === undefined ? null : <Sheet key={name} name={name} parts={parts} />;
}

function Sheet({ name, parts }: { readonly name: SheetName; readonly parts: Parts }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { close, options, details, shortcuts, note } = words.value;
  const title = { options, details, keyboard: shortcuts, note }[name];
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => before instanceof HTMLElement && before.focus();
  }, []);
  const leave = () => {
    if (parts.sheet.value === name) parts.sheet.value = undefined; // the browser's close event comes late: another sheet may be open
  };
  const tap = ({ target }: Event) => target === dialog.current && leave();
  return (
    <dialog ref={dialog} class="sheet" data-sheet={name} aria-labelledby="sheet-title" onClose={leave} onClick={tap}>
      <div class="sheet-body">
        <header class="sheet-top">
          <h2 id="sheet-title">{title}</h2>
          <button class="tool" type="button" aria-label={close} title={close} onClick={leave}>
            <CloseIcon />
          </button>
        </header>
        <Incomplete {...parts} />
        <Content name={name} parts={parts} />
      </div>
    </dialog>
  );
}

function Content({ name, parts }: { readonly name: SheetName; readonly parts: Parts }) {
  const isLoaded = useSignal(loaded.has(name));
  useEffect(() => {
    loadSheet(name).then(
      () => (isLoaded.value = true),
      () => (parts.isIncomplete.value = true),
    );
  }, []);
  const Loaded = isLoaded.value ? loaded.get(name) : undefined;
  return Loaded && <Loaded {...parts} />;
}

/** Over the page, where its strip cannot be reached. */
function Incomplete({ isIncomplete, reload }: Parts) {
  return (
    <div role="alert">
      {isIncomplete.value && (
        <p class="strip">
          <span>{words.value.incomplete}</span>
          <button class="pill" type="button" onClick={reload}>
            {words.value.reload}
          </button>
        </p>
      )}
    </div>
  );
}
