import type { Offer } from "../page/access.ts";
import { words } from "../language/words.ts";
import { Composer } from "./Composer.tsx";
import { Controls } from "./Controls.tsx";
import { Forget } from "./Forget.tsx";
import { Header } from "./Header.tsx";
import { MicrophoneCheck } from "./MicrophoneCheck.tsx";
import { MicrophoneLine } from "./MicrophoneLine.tsx";
import { NoticeCard } from "./NoticeCard.tsx";
import type { Parts } from "./parts.ts";
import { Preview } from "./Preview.tsx";
import { Sheets } from "./Sheets.tsx";
import { Strip } from "./Strip.tsx";
import { Transcript } from "./Transcript.tsx";
import { TurnButton } from "./TurnButton.tsx";

export function App(parts: Parts) {
  const { page, controls } = parts;
  const isQuiet = page.isQuiet.value;
  const access = page.access.value;
  const isInvited = access.kind === "invited";
  return (
    <>
      <div class="page" data-view={isQuiet ? "welcome" : "conversation"} data-call={page.call.value}>
        <Header {...parts} />
        <main class="middle">
          <Transcript {...parts} />
          <div class="dock">
            <Preview {...parts} />
            <Strip {...parts} />
            <NoticeCard page={page} />
            {!page.isSignedOut.value && (
              <>
                <Composer {...parts} />
                <TurnButton {...parts} />
                <Controls {...parts} />
                {isInvited && <Stay offer={access.offer} />}
                {!isQuiet && <MicrophoneLine {...parts} />}
                {isQuiet && !isInvited && <p class="invitation">{words.value.invitation}</p>}
                {isQuiet && !isInvited && controls.isCheckDue.value && page.notice.value === undefined && <MicrophoneCheck controls={controls} isOffer />}
              </>
            )}
          </div>
        </main>
        <footer class="bottom">
          <p>{words.value.privacy}</p>
          <Forget {...parts} />
        </footer>
      </div>
      <Sheets {...parts} />
    </>
  );
}

/** Lets somebody who is already signed in ignore a link. */
function Stay({ offer }: { readonly offer: Offer | undefined }) {
  const label = offer?.staying();
  return (
    label !== undefined && (
      <button class="pill stay" type="button" onClick={() => offer?.stay()}>
        {label}
      </button>
    )
  );
}
