import type { Agent } from "virtual:agents";
import type { Call } from "../call.ts";
import type { PageState } from "../page-state.ts";
import { words } from "../words.ts";
import { Activity } from "./Activity.tsx";
import { Composer } from "./Composer.tsx";
import { Controls } from "./Controls.tsx";
import { NoticeCard } from "./NoticeCard.tsx";
import { StatusLine } from "./StatusLine.tsx";
import { Transcript } from "./Transcript.tsx";

export interface Parts {
  readonly call: Call;
  readonly page: PageState;
}

export function App({ agent, call, page }: Parts & { readonly agent: Agent }) {
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
          <Composer call={call} page={page} />
          <Controls call={call} page={page} />
          {isQuiet && <p class="invitation">{words.invitation}</p>}
        </div>
      </main>
      <footer class="bottom">
        <Activity page={page} />
        <p class="privacy">{words.privacy}</p>
      </footer>
    </div>
  );
}
