/** Starts the page: the call, its log, and the user interface, each ignorant of the next. */

import "./styles/page.css";
import { effect } from "@preact/signals";
import { render } from "preact";
import { agents } from "virtual:agents";
import { enter, leave, takeInvite } from "./access.ts";
import type { Direction } from "./activity.ts";
import { Call, type StateChange } from "./call.ts";
import { Choices } from "./choices.ts";
import type { RealtimeEvent } from "./events.ts";
import { CallLog } from "./log/call-log.ts";
import { PageState } from "./page-state.ts";
import { App } from "./ui/App.tsx";
import { language, speak, words } from "./words.ts";

const [agent] = agents;
const entered = enter(takeInvite());
const call = new Call(agent, byId("voice", HTMLAudioElement), entered);
const page = new PageState(call);
const log = new CallLog();
const choices = new Choices();

call.on("callId", (callId) => log.switchTo(callId));
call.on("client", (event) => note("client", event));
call.on("server", (event) => note("server", event));
call.on("state", noteState);
call.on("muted", (muted) => note("page", { type: muted ? "microphone.muted" : "microphone.unmuted" }));
call.on("blocked", (blocked) => blocked && note("page", { type: "playback.blocked" }));
call.on("unsteady", (unsteady) => note("page", { type: unsteady ? "connection.unsteady" : "connection.steady" }));

addEventListener("online", () => void log.deliver());
addEventListener("pageshow", ({ persisted }) => persisted && call.prepare());
addEventListener("pagehide", () => {
  call.release();
  log.sealAndLeave();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") log.sealAndLeave();
  else void log.deliver();
});

note("page", { type: "page.opened", agent: agent.name, standalone: matchMedia("(display-mode: standalone)").matches });
void entered.then((access) => {
  page.access.value = access;
  if (access.kind === "signed_out") log.pause(); // the server would take nothing
});
call.prepare();
effect(() => void speak(choices.language.value));
effect(() => void (document.documentElement.lang = language.value));
render(<App agent={agent} call={call} page={page} forget={forget} />, byId("page", HTMLElement));

/** End and forget: the call, the cookie, what waits to be sent, and what is on the screen. */
async function forget(): Promise<void> {
  call.end();
  if (await leave()) {
    await log.forget();
    page.forget();
  } else {
    page.tell(() => words.value.notForgotten);
  }
}

function note(direction: Direction, event: RealtimeEvent): void {
  const at = new Date();
  log.add(direction, event, at);
  page.note(direction, event, at);
}

function noteState({ state, problem, reason }: StateChange): void {
  const detail = problem === undefined ? reason : problem.message;
  note("page", { type: `call.${state}`, ...(detail === undefined ? {} : { detail }) });
  if (state !== "idle" && state !== "ended" && state !== "failed") return;
  log.seal();
  log.switchTo();
}

function byId<Element extends HTMLElement>(id: string, kind: abstract new () => Element): Element {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`index.html: expected an ${kind.name} with the id "${id}"`);
}
