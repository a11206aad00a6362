import { useSignal } from "@preact/signals";
import { LONGEST_WAV_SECONDS, type Recording } from "../page/recorder.ts";
import { sheetWords } from "../language/sheet-words.ts";
import { SaveButton } from "./SaveButton.tsx";

interface Props {
  readonly recording: Recording;
  readonly save: (what: string, ending: string, content: Blob) => void;
}

/** The sound as it was recorded, and as a WAV file, which every program reads. */
export function SoundFiles({ recording: { file, seconds }, save }: Props) {
  const wav = useSignal<"ready" | "making" | "failed">("ready");
  const { saveSound, makingWav, noWav, tooLongForWav } = sheetWords.value;
  const kind = file.type.startsWith("audio/mp4") ? "M4A" : "WebM";
  const saveWav = async () => {
    wav.value = "making";
    try {
      const { asWav } = await import("../sound/wav.ts");
      save("sound", "wav", await asWav(file));
      wav.value = "ready";
    } catch {
      wav.value = "failed";
    }
  };
  const isTooLong = seconds > LONGEST_WAV_SECONDS;
  const isMaking = wav.value === "making";
  return (
    <>
      <div class="save-row">
        <SaveButton name={saveSound(kind)} isReady save={() => save("sound", kind.toLowerCase(), file)} />
        {!isTooLong && <SaveButton name={isMaking ? makingWav : saveSound("WAV")} isReady={!isMaking} save={() => void saveWav()} />}
      </div>
      <p class="hint" aria-live="polite">
        {isTooLong ? tooLongForWav(LONGEST_WAV_SECONDS / 60, kind) : wav.value === "failed" ? noWav(kind) : ""}
      </p>
    </>
  );
}
