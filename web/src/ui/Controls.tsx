import { useSignal } from "@preact/signals";
import { words } from "../language/words.ts";
import { earlyDial } from "./early-dial.ts";
import { CameraIcon, EndIcon, MicrophoneIcon, MutedIcon, SendIcon } from "./icons.tsx";
import { Orb } from "./Orb.tsx";
import type { Parts } from "./parts.ts";

export function Controls(parts: Parts) {
  const { call, page, controls } = parts;
  const isChoosing = useSignal(false);
  const inCall = page.inCall.value;
  const canShow = controls.canShowCamera || controls.canShowScreen;
  const toggle = () => {
    if (controls.view.value !== undefined) controls.stopView();
    else if (controls.canShowCamera && controls.canShowScreen) isChoosing.value = !isChoosing.value;
    else if (controls.canShowCamera) controls.showCamera();
    else controls.showScreen();
  };
  const isShowing = controls.view.value !== undefined;
  return (
    <>
      {inCall && isChoosing.value && !isShowing && <ShowWhat {...parts} done={() => (isChoosing.value = false)} />}
      <div class="controls">
        <RoundButton {...parts} />
        {inCall && (
          <button
            class="side mute"
            type="button"
            aria-pressed={page.muted.value}
            disabled={page.call.value !== "live"}
            onClick={() => call.setMuted(!page.muted.value)}
          >
            {page.muted.value ? <MutedIcon /> : <MicrophoneIcon />}
            <span>{words.value.mute}</span>
          </button>
        )}
        {inCall && canShow && (
          <button
            class="side show"
            type="button"
            aria-label={isShowing ? words.value.stopView : words.value.show}
            aria-expanded={isShowing ? undefined : isChoosing.value}
            data-on={isShowing}
            disabled={page.call.value !== "live"}
            onClick={toggle}
          >
            <CameraIcon />
            <span>{words.value.showShort}</span>
          </button>
        )}
      </div>
    </>
  );
}

function ShowWhat({ controls, done }: Parts & { readonly done: () => void }) {
  const choose = (show: () => void) => () => {
    show();
    done();
  };
  return (
    <div class="choice-row" role="group" aria-label={words.value.show}>
      <button class="pill" type="button" onClick={choose(() => controls.showCamera())}>
        {words.value.camera}
      </button>
      <button class="pill" type="button" onClick={choose(() => controls.showScreen())}>
        {words.value.screen}
      </button>
    </div>
  );
}

/** One button, one place: it takes a link, it starts the call and it ends it; the focus stays on it. */
function RoundButton(parts: Parts) {
  const { aim, call, page } = parts;
  const inCall = page.inCall.value;
  const access = page.access.value;
  const isInvited = access.kind === "invited";
  const offer = isInvited ? access.offer : undefined;
  const press = ({ detail }: MouseEvent) => {
    if (detail > 1) return; // the second half of a double tap does not mean what the button has come to be
    if (isInvited) offer?.accept();
    else if (inCall) call.end();
    else call.start();
  };
  return (
    <div class="round">
      <Orb {...parts} />
      <button
        class="round-button"
        type="button"
        aria-busy={offer?.isBusy}
        onClick={press}
        {...(inCall || isInvited ? {} : earlyDial(call, aim))}
      >
        {isInvited ? <SendIcon /> : inCall ? <EndIcon /> : <MicrophoneIcon />}
        <span>{isInvited ? offer?.label() : inCall ? words.value.end : words.value.start}</span>
      </button>
    </div>
  );
}
