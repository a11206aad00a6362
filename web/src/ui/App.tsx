import type { Agent } from "virtual:agents";
import type { Call } from "../call.ts";
import type { PageState } from "../page-state.ts";
import { words } from "../words.ts";
import { Activity } from "./Activity.tsx";
import { Composer } from "./Composer.tsx";
import { Controls } from "./Controls.tsx";
import { Forget } from "./Forget.tsx";
import { NoticeCard } from "./NoticeCard.tsx";
import { StatusLine } from "./StatusLine.tsx";
import { Transcript } from "./Transcript.tsx";

export interface Parts {
  readonly call: Call;
  readonly page: PageState;
}

interface Props extends Parts {
  readonly agent: Agent;
  readonly forget: () => Promise<void>;
}

export function App({ agent, call, page, forget }: Props) {
  const isQuiet = !page.inCall.value && page.shown.value.length === 0;
  return (
    <div class="page" data-view={isQuiet ? "welcome" : "conversation"} data-call={page.call.value}>
      <header class="top">
        <h1 class="brand">Voicemint</h1>
        <StatusLine page={page} />
      </header>
      <main class="middle">
        <Transcript page={page} label={agent.label} />
        <div class="dock">
          <NoticeCard page={page} />
          {!page.isSignedOut.value && (
            <>
              <Composer call={call} page={page} />
              <Controls call={call} page={page} />
              {isQuiet && <p class="invitation">{words.value.invitation}</p>}
            </>
          )}
        </div>
      </main>
      <footer class="bottom">
        <Activity page={page} />
        <div class="privacy">
          <p>{words.value.privacy}</p>
          <Forget page={page} forget={forget} />
        </div>
      </footer>
    </div>
  );
}
