/** Starts the page: the call, its log and the user interface. None of them knows the next one. */

import "./styles/page.css";
import { computed, effect, signal } from "@preact/signals";
import { options, render } from "preact";
import { agents } from "virtual:agents";
import { askWho, inviteInAddress, leave, type Access } from "./page/access.ts";
import type { Ahead } from "./connection/ahead.ts";
import { Call } from "./call/call.ts";
import type { StateChange } from "./call/call-events.ts";
import { Choices } from "./page/choices.ts";
import { makeControls } from "./controls/controls.ts";
import { apart } from "./protocol/emitter.ts";
import type { Direction } from "./page/event-list.ts";
import type { RealtimeEvent } from "./protocol/events.ts";
import { CallLog, loadOutbox } from "./log/call-log.ts";
import { encodeEntry } from "./log/entries.ts";
import { PageState } from "./page/page-state.ts";
import { onMissingPiece } from "./device/pieces.ts";
import { answered } from "./protocol/server.ts";
import { keptAs } from "./device/store.ts";
import { App } from "./ui/App.tsx";
import { loadSheet } from "./ui/Sheets.tsx";
import { followChoices } from "./ui/appearance.ts";
import { closedSheet, type Parts } from "./ui/parts.ts";
import { listenForShortcuts } from "./ui/shortcuts.ts";
import { words } from "./language/words.ts";

// Drawn once a frame: a burst of events is one drawing, and none stands between two events.
options.debounceRendering = (draw) => (document.hidden ? setTimeout(draw) : requestAnimationFrame(draw));

const LEAVING_MS = 3_000;
const SETTLED_MS = 1_500; // a tap at once finds the network free
const ASK_AGAIN_MS = 30_000;
const choices = new Choices();
const agent = computed(() => agents.find(({ name }) => name === choices.agent.value) ?? agents[0]);
const entered = askWho();
const invite = inviteInAddress();
const call = new Call(agent.value, byId("voice", HTMLAudioElement), entered);
const page = new PageState(call);
const controls = makeControls(call);
const log = new CallLog(painted().then(loadOutbox));
const ahead = painted()
  .then(() => import("./connection/ahead.ts"))
  .then(({ Ahead }) => new Ahead(keptAs("voicemint-ahead")));
const host = { display, hangUp: () => call.end("agent") };
let tools: Promise<void> | undefined;
let isLeaving = false;
const parts: Parts = {
  call,
  page,
  controls,
  choices,
  agent,
  sheet: closedSheet(),
  note: signal(""),
  recorder: signal(undefined),
  update: signal(false),
  isIncomplete: signal(false),
  aim,
  reload,
  forget,
};

call.on("callId", (callId) => log.switchTo(callId));
call.on("client", (event) => note("client", event));
call.on("server", (event) => note("server", event));
call.on("state", noteState);
call.on("muted", (muted) => note("page", { type: muted ? "microphone.muted" : "microphone.unmuted" }));
call.on("blocked", (blocked) => blocked && note("page", { type: "playback.blocked" }));
call.on("settled", () => log.release());
call.on("state", ({ state }) => {
  if (state !== "connecting") return;
  loadTools();
  void ahead.then((budget) => budget.used()).catch(() => undefined);
});
call.on("unsteady", (unsteady) => note("page", { type: unsteady ? "connection.unsteady" : "connection.steady" }));

onMissingPiece(() => (parts.isIncomplete.value = true));
addEventListener("online", () => {
  void log.deliver();
  void entered.then(askAgain);
});
addEventListener("pageshow", ({ persisted }) => persisted && call.prepare());
addEventListener("pagehide", () => {
  apart(() => call.release());
  log.sealAndLeave(); // in the same listener: between two, the end of the call would be sealed for a page that stays
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") log.sealAndLeave();
  else {
    void log.deliver();
    look();
  }
});

note("page", { type: "page.opened", agent: agent.value.name, standalone: matchMedia("(display-mode: standalone)").matches });
if (invite === undefined) void entered.then(welcome);
else offer(invite);
effect(() => {
  if (!page.inCall.value) call.choose(agent.value, choices.voice.value);
});
followChoices(choices);
listenForShortcuts(parts); // with the page, not after it: a key that is pressed at once counts
render(<App {...parts} />, byId("page", HTMLElement));
void painted().then(() => {
  call.prepare();
  loadTools();
  setTimeout(keepOffline, SETTLED_MS);
});

function welcome(access: Access): void {
  page.access.value = access;
  if (access.kind === "signed_out") log.pause(); // the server would take nothing
  if (access.kind === "signed_in") void log.belongTo(access.mark);
  if (access.kind === "unknown") setTimeout(askAgain, ASK_AGAIN_MS); // until then the log waits here
  look();
}

function askAgain(): void {
  if (page.access.value.kind === "unknown") void askWho().then(welcome);
}

/** Loads the code for a link separately: most visits have no link. */
function offer(invite: string): void {
  page.access.value = { kind: "invited" };
  log.hold(); // the page does not know yet whose log it is
  const settled = (access: Access) => {
    welcome(access);
    log.release();
  };
  void import("./page/link.ts")
    .then(({ offerLink }) => offerLink(invite, { page, entered, found: ({ mark }) => void log.belongTo(mark), settled }))
    .catch(() => undefined); // the page says that a part of it is missing
}

/** Loads the tools, usually before the first call. If that fails, the call continues without them. */
function loadTools(): void {
  tools ??= import("./tools/page-tools.ts")
    .then(({ runTools }) => runTools(call, host, (detail) => note("page", { type: "sdk.problem", detail })))
    .catch(() => (tools = undefined));
}

/** Ends and forgets the call, the cookie, everything that waits to be sent, and everything on the screen. */
async function forget(): Promise<void> {
  call.end();
  isLeaving = true; // the server takes nothing after it: what is under way comes before, and nothing new begins
  await Promise.race([log.deliver().then(answered, answered), new Promise((resolve) => setTimeout(resolve, LEAVING_MS))]);
  log.rest();
  if (await leave()) {
    parts.recorder.value?.discard();
    parts.note.value = "";
    controls.forget();
    await log.forget().finally(() => page.forget()); // a device whose storage fails shows nothing all the same
  } else {
    page.tell(() => words.value.notForgotten);
    welcome(page.access.value);
    log.release();
  }
  isLeaving = false;
}

/** Shows what the assistant wants read, unless the person has something open. Rejects when it cannot be shown. */
async function display(text: string): Promise<boolean> {
  const isFree = () => parts.sheet.value === undefined || parts.sheet.value === "note";
  if (!isFree()) return false;
  await loadSheet("note");
  if (!isFree()) return false;
  parts.note.value = text;
  parts.sheet.value = "note";
  return true;
}

/** Keeps the page on this device. If the browser refuses, as in some private windows, the page works without it. */
function keepOffline(): void {
  import("./page/offline.ts").then((offline) => offline.keepOffline(() => (parts.update.value = true))).catch(() => undefined);
}

function reload(): void {
  import("./page/offline.ts").then(({ renew }) => renew()).catch(() => location.reload());
}

/** Fetches a client secret in advance, so that the tap does not wait for the function's start. */
function look(): void {
  if (isLookedAt()) warm((budget) => budget.look());
}

function aim(): void {
  if (isLookedAt()) warm((budget) => budget.aim());
}

/** If that chunk cannot be loaded, only the tap takes longer. */
function warm(mayFetch: (budget: Ahead) => boolean): void {
  void ahead.then((budget) => mayFetch(budget) && call.warm()).catch(() => undefined);
}

function isLookedAt(): boolean {
  return !isLeaving && page.access.value.kind === "signed_in" && document.visibilityState === "visible";
}

function note(direction: Direction, event: RealtimeEvent): void {
  const at = new Date();
  const line = encodeEntry(at, direction, event);
  log.add(direction, event, at, line);
  apart(() => page.note(direction, event, at, line));
}

function noteState({ state, problem, reason }: StateChange): void {
  const detail = problem === undefined ? reason : problem.message;
  note("page", { type: `call.${state}`, ...(detail === undefined ? {} : { detail }) });
  if (state === "preparing" || state === "connecting") log.hold();
  if (state === "connecting" || state === "reconnecting") parts.isIncomplete.value = false; // what is missing is asked for again
  if (state !== "idle" && state !== "ended" && state !== "failed") return;
  log.release();
  log.seal();
  log.switchTo();
}

/** Resolves after the first paint: everything else can wait for it. */
function painted(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

function byId<Element extends HTMLElement>(id: string, kind: abstract new () => Element): Element {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`index.html has no ${kind.name} with the id "${id}"`);
}
