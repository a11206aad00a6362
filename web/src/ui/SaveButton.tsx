import { sheetWords } from "../language/sheet-words.ts";

interface Props {
  readonly name: string;
  readonly isReady: boolean;
  readonly save: () => void;
}

export function SaveButton({ name, isReady, save }: Props) {
  return (
    <button class="pill" type="button" disabled={!isReady} onClick={save}>
      <span class="unseen">{sheetWords.value.save}: </span>
      {name}
    </button>
  );
}
