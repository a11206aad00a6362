/** The few form fields of the sheets, each with its label. */

import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

type Options<Value extends string> = readonly (readonly [value: Value, label: string])[];

interface FieldProps {
  readonly label: string;
  readonly children: (id: string) => ComponentChildren;
}

export function Field({ label, children }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id)}
    </div>
  );
}

interface SelectProps<Value extends string> {
  readonly id: string;
  readonly options: Options<Value>;
  readonly chosen: Signal<Value>;
  /** The language an option is written in. */
  readonly lang?: (value: Value) => string;
}

export function Select<Value extends string>({ id, options, chosen, lang }: SelectProps<Value>) {
  const choose = (index: number) => {
    const option = options[index];
    if (option !== undefined) chosen.value = option[0];
  };
  return (
    <select id={id} value={chosen.value} onChange={({ currentTarget }) => choose(currentTarget.selectedIndex)}>
      {options.map(([value, label]) => (
        <option key={value} value={value} lang={lang?.(value)}>
          {label}
        </option>
      ))}
    </select>
  );
}

interface RadioRowProps<Value extends string> {
  readonly label: string;
  readonly options: Options<Value>;
  readonly chosen: Signal<Value>;
}

/** A few short choices side by side. */
export function RadioRow<Value extends string>({ label, options, chosen }: RadioRowProps<Value>) {
  const name = useId();
  return (
    <fieldset class="radio-row">
      <legend>{label}</legend>
      <div class="segments">
        {options.map(([value, text]) => (
          <label key={value}>
            <input type="radio" name={name} value={value} checked={chosen.value === value} onChange={() => (chosen.value = value)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly isOn: boolean;
  readonly turn: (on: boolean) => void;
  readonly hint?: string;
}

export function Switch({ label, isOn, turn, hint }: SwitchProps) {
  const id = useId();
  return (
    <div class="switch-field">
      <label class="switch">
        <span>{label}</span>
        <input
          type="checkbox"
          role="switch"
          checked={isOn}
          aria-describedby={hint === undefined ? undefined : id}
          onChange={({ currentTarget }) => turn(currentTarget.checked)}
        />
      </label>
      {hint !== undefined && (
        <p id={id} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}
