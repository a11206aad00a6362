import "../styles/sheet-content.css";
import { sheetWords } from "../language/sheet-words.ts";
import { Switch } from "./fields.tsx";
import type { Parts } from "./parts.ts";
import { keys } from "./shortcuts.ts";

/** The keyboard shortcuts, and a switch that turns them off. */
export function Keyboard({ choices }: Parts) {
  const all = sheetWords.value;
  return (
    <section class="card">
      <Switch label={all.shortcutsOn} isOn={choices.shortcuts.value} turn={(on) => (choices.shortcuts.value = on)} />
      <dl class="rows keys">
        {keys.map(({ does, key }) => (
          <div key={does}>
            <dt>{all.keys[does]}</dt>
            <dd>
              <kbd>{key === " " ? all.space : key.toUpperCase()}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
