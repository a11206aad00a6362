import { useComputed } from "@preact/signals";
import type { Device, SoundProcessing } from "../controls/controls.ts";
import { sheetWords } from "../language/sheet-words.ts";
import { Field, Switch } from "./fields.tsx";
import { LevelMeter } from "./LevelMeter.tsx";
import { MicrophoneCheck } from "./MicrophoneCheck.tsx";
import type { Parts } from "./parts.ts";

const PROCESSING: readonly (keyof SoundProcessing)[] = ["echoCancellation", "noiseSuppression", "autoGainControl"];

export function SoundOptions({ controls, page }: Parts) {
  const all = sheetWords.value;
  const processing = controls.processing.value;
  const problem = controls.microphoneProblem.value;
  return (
    <section class="card">
      <h3>{all.sound}</h3>
      <Devices
        label={all.microphone}
        devices={controls.microphones.value}
        chosen={controls.microphoneId.value}
        choose={(id) => controls.chooseMicrophone(id)}
      />
      <p class="hint" aria-live="polite">
        {problem && all.problems[problem.code].title}
      </p>
      {page.inCall.value ? <LevelMeter controls={controls} /> : <MicrophoneCheck controls={controls} />}
      {controls.canChooseSpeaker && (
        <Devices
          label={all.loudspeaker}
          devices={controls.speakers.value}
          chosen={controls.speakerId.value}
          choose={(id) => controls.chooseSpeaker(id)}
        />
      )}
      {PROCESSING.map((name) => (
        <Switch
          key={name}
          label={all[name]}
          isOn={processing[name]}
          turn={(on) => controls.setProcessing({ [name]: on })}
        />
      ))}
      {controls.canShowCamera && <PictureChoice controls={controls} />}
    </section>
  );
}

interface DevicesProps {
  readonly label: string;
  readonly devices: readonly Device[];
  readonly chosen: string;
  readonly choose: (id: string) => void;
}

function Devices({ label, devices, chosen, choose }: DevicesProps) {
  const { systemChoice, unnamed } = sheetWords.value;
  const named = devices.filter(({ id }) => id !== "");
  return (
    <Field label={label}>
      {(id) => (
        <select id={id} value={chosen} onChange={({ currentTarget }) => choose(currentTarget.value)}>
          <option value="">{systemChoice}</option>
          {named.map((device, at) => (
            <option key={device.id} value={device.id}>
              {device.label || unnamed(at + 1)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

const EVERY_SECONDS = [0, 2, 5, 10, 30];

function PictureChoice({ controls }: Pick<Parts, "controls">) {
  const { pictureEvery, onDemand, everySeconds } = sheetWords.value;
  const chosen = useComputed(() => String(controls.pictureSeconds.value));
  return (
    <Field label={pictureEvery}>
      {(id) => (
        <select
          id={id}
          value={chosen.value}
          onChange={({ currentTarget }) => controls.setPictureSeconds(Number(currentTarget.value))}
        >
          {EVERY_SECONDS.map((seconds) => (
            <option key={seconds} value={String(seconds)}>
              {seconds === 0 ? onDemand : everySeconds(seconds)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
