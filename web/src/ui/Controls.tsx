import type { Parts } from "./App.tsx";
import { words } from "../words.ts";
import { earlyDial } from "./early-dial.ts";
import { EndIcon, MicrophoneIcon, MutedIcon } from "./icons.tsx";

export function Controls({ call, page }: Parts) {
  const isLive = page.call.value === "live";
  return (
    <div class="controls">
      <RoundButton call={call} page={page} />
      {page.inCall.value && (
        <button
          class="mute"
          type="button"
          aria-pressed={page.muted.value}
          disabled={!isLive}
          onClick={() => call.setMuted(!page.muted.value)}
        >
          {page.muted.value ? <MutedIcon /> : <MicrophoneIcon />}
          <span>{words.value.mute}</span>
        </button>
      )}
      {page.blocked.value && (
        <button class="unblock" type="button" onClick={() => call.unblock()}>
          {words.value.unblock}
        </button>
      )}
    </div>
  );
}

/** One button, one place: it starts the call and it ends it. */
function RoundButton({ call, page }: Parts) {
  const inCall = page.inCall.value;
  const press = ({ detail }: MouseEvent) => {
    if (!inCall) call.start();
    else if (detail < 2) call.end(); // the second half of a double tap on Start does not mean End
  };
  return (
    <div class="round" data-voice={page.muted.value ? "quiet" : page.voice.value}>
      <span class="halo" aria-hidden="true" />
      <button class="round-button" type="button" onClick={press} {...(inCall ? {} : earlyDial(call))}>
        {inCall ? <EndIcon /> : <MicrophoneIcon />}
        <span>{inCall ? words.value.end : words.value.start}</span>
      </button>
    </div>
  );
}
