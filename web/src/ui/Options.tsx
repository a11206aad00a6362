import "../styles/sheet-content.css";
import { agents } from "virtual:agents";
import { themes, voices } from "../page/choices.ts";
import { sheetWords } from "../language/sheet-words.ts";
import { languages } from "../language/words.ts";
import { Field, RadioRow, Select } from "./fields.tsx";
import type { Parts } from "./parts.ts";
import { SaveOptions } from "./SaveOptions.tsx";
import { SoundOptions } from "./SoundOptions.tsx";
import { TurnOptions } from "./TurnOptions.tsx";

/** What can be chosen; all of it is kept on this device. */
export function Options(parts: Parts) {
  const all = sheetWords.value;
  const { choices, page, sheet } = parts;
  return (
    <>
      <section class="card">
        {agents.length > 1 && <AgentChoice {...parts} />}
        <VoiceChoice {...parts} />
        {page.inCall.value && <p class="hint">{all.fromNextCall}</p>}
      </section>
      <TurnOptions {...parts} />
      <SoundOptions {...parts} />
      <section class="card">
        <Field label={all.language}>
          {(id) => (
            <Select id={id} options={languages.map(({ code, name }) => [code, name])} chosen={choices.language} lang={(code) => code} />
          )}
        </Field>
        <RadioRow label={all.theme} options={themes.map((theme) => [theme, all.themes[theme]])} chosen={choices.theme} />
      </section>
      <SaveOptions {...parts} />
      <button class="pill wide" type="button" onClick={() => (sheet.value = "keyboard")}>
        {all.shortcuts}
      </button>
    </>
  );
}

function AgentChoice({ choices }: Parts) {
  return (
    <Field label={sheetWords.value.agent}>
      {(id) => <Select id={id} options={agents.map(({ name, label }) => [name, label])} chosen={choices.agent} />}
    </Field>
  );
}

function VoiceChoice({ choices, agent }: Parts) {
  const { voice, agentVoice } = sheetWords.value;
  const own: [string, string] = ["", agentVoice(capital(agent.value.voice))];
  return (
    <Field label={voice}>
      {(id) => <Select id={id} options={[own, ...voices.map((name): [string, string] => [name, capital(name)])]} chosen={choices.voice} />}
    </Field>
  );
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
