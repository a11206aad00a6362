import { useId } from "preact/hooks";
import type { TurnMode } from "../controls/controls.ts";
import { sheetWords } from "../language/sheet-words.ts";
import type { Parts } from "./parts.ts";

const MODES: readonly TurnMode[] = ["hands_free", "push_to_talk", "on_request"];

/** Who answers when. */
export function TurnOptions({ controls }: Parts) {
  const name = useId();
  const { turns, turnModes } = sheetWords.value;
  return (
    <section class="card radio-list" role="radiogroup" aria-labelledby={`${name}-title`}>
      <h3 id={`${name}-title`}>{turns}</h3>
      {MODES.map((mode) => (
        <label key={mode}>
          <input type="radio" name={name} checked={controls.turnMode.value === mode} onChange={() => controls.setTurnMode(mode)} />
          <span>
            <strong>{turnModes[mode].title}</strong>
            <small>{turnModes[mode].advice}</small>
          </span>
        </label>
      ))}
    </section>
  );
}
