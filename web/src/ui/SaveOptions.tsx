import { effect } from "@preact/signals";
import { eventLog } from "../page/event-filter.ts";
import { asJson, asMarkdown, asText, fileName, type Conversation } from "../page/export-formats.ts";
import { timeOfDay } from "../language/figures.ts";
import { canRecord, Recorder } from "../page/recorder.ts";
import { sheetWords } from "../language/sheet-words.ts";
import type { Notice } from "../language/words.ts";
import { Switch } from "./fields.tsx";
import type { Parts } from "./parts.ts";
import { SaveButton } from "./SaveButton.tsx";
import { saveFile } from "./save-file.ts";
import { SoundFiles } from "./SoundFiles.tsx";

/** Takes things with you: the conversation, the events, the sound. */
export function SaveOptions(parts: Parts) {
  const all = sheetWords.value;
  const { page, agent, recorder } = parts;
  const items = page.shown.value;
  const conversation: Conversation = { items, agent: agent.value.label, callId: page.callId.value, cost: page.cost.value };
  const wording = { words: all, time: timeOfDay };
  const save = (what: string, ending: string, content: string | Blob) => saveFile(fileName(new Date(), what, ending), content);
  const recording = recorder.value?.result.value;
  const hasEvents = page.events.version.value > 0 && page.events.entries.length > 0;
  return (
    <section class="card">
      <h3>{all.save}</h3>
      {items.length === 0 && <p class="hint">{all.nothingToSave}</p>}
      <div class="save-row">
        <SaveButton name={all.asText} isReady={items.length > 0} save={() => save("transcript", "txt", asText(conversation, wording))} />
        <SaveButton name={all.asMarkdown} isReady={items.length > 0} save={() => save("transcript", "md", asMarkdown(conversation, wording))} />
        <SaveButton name={all.asJson} isReady={items.length > 0} save={() => save("transcript", "json", asJson(conversation))} />
        <SaveButton name={all.eventLog} isReady={hasEvents} save={() => save("events", "ndjson", eventLog(page.events.entries))} />
      </div>
      {recording && <SoundFiles key={recording} recording={recording} save={save} />}
      {canRecord() && <RecordSwitch {...parts} />}
    </section>
  );
}

function RecordSwitch(parts: Parts) {
  const recorder = parts.recorder.value;
  const { record, recordConsent, recordingProblems } = sheetWords.value;
  const turn = (on: boolean) => (parts.recorder.value ??= toldRecorder(parts)).turn(on);
  const problem = recorder?.problem.value;
  return (
    <>
      <Switch label={record} hint={recordConsent} isOn={recorder?.isWanted.value ?? false} turn={turn} />
      <p class="hint" aria-live="polite">
        {problem && asSentences(recordingProblems[problem])}
      </p>
    </>
  );
}

/** What keeps it from recording is told on the page: the sheet with its switch is closed during most calls. */
function toldRecorder({ controls, page }: Parts): Recorder {
  const recorder = new Recorder(controls);
  const notice = () => recorder.problem.value && sheetWords.value.recordingProblems[recorder.problem.value];
  effect(() => {
    if (recorder.problem.value !== undefined) page.tell(notice);
  });
  return recorder;
}

function asSentences({ title, advice }: Notice): string {
  return `${title}. ${advice}`;
}
