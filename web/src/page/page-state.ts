/** Turns the call's events into signals. The user interface knows the call only by these signals. */

import { batch, computed, signal } from "@preact/signals";
import type { Access } from "./access.ts";
import type { Call } from "../call/call.ts";
import type { StateChange } from "../call/call-events.ts";
import { isBetweenSessions, isInCall, type CallState } from "../call/call-state.ts";
import { cutOff, noCaptions, readEvent, shownCaptions, type Captions } from "../readings/captions.ts";
import { elapsed } from "../device/clock.ts";
import { noCost, type CallCost } from "../readings/call-cost.ts";
import { CostMeter } from "../readings/cost-meter.ts";
import { apart } from "../protocol/emitter.ts";
import { EventList, type Direction } from "./event-list.ts";
import type { RealtimeEvent } from "../protocol/events.ts";
import { noLatency, readLatency, tapped, type Latency } from "../readings/latency.ts";
import { hearVoice, type Voice } from "../readings/voice.ts";
import { endNotice, problemNotice, words, type Notice } from "../language/words.ts";

export class PageState {
  readonly call = signal<CallState>("idle");
  readonly access = signal<Access>({ kind: "unknown" });
  readonly muted = signal(false);
  readonly blocked = signal(false);
  readonly unsteady = signal(false);
  readonly voice = signal<Voice>("quiet");
  readonly seconds = signal(0);
  readonly cost = signal<CallCost>(noCost);
  readonly #costMeter = new CostMeter((cost) => (this.cost.value = cost));
  readonly latency = signal<Latency>(noLatency);
  readonly callId = signal("");
  /** Of the person's month: the server's figure, less what the call has used since; undefined if the server sends none. */
  readonly minutesLeft = computed(() => {
    const { minutes, since } = this.#allowance.value;
    return minutes === undefined ? undefined : Math.max(0, minutes - Math.floor((this.seconds.value - since) / 60));
  });
  readonly isOnline = signal(navigator.onLine);
  readonly events = new EventList();
  readonly isSignedOut = computed(() => this.access.value.kind === "signed_out");
  readonly notice = computed(() => this.#signedOutNotice() ?? this.#callNotice.value() ?? this.#offlineNotice());
  readonly inCall = computed(() => isInCall(this.call.value));
  readonly isQuiet = computed(() => !this.inCall.value && this.shown.value.length === 0);
  readonly shown = computed(() => shownCaptions(this.#captions.value));
  /** As a question to the words, so that it follows the language. */
  readonly #callNotice = signal<() => Notice | undefined>(nothing);
  readonly #captions = signal<Captions>(noCaptions);
  readonly #allowance = signal<{ readonly minutes: number | undefined; readonly since: number }>({ minutes: undefined, since: 0 });
  #clock: ReturnType<typeof setInterval> | undefined;

  constructor(call: Call) {
    call.on("state", (change) => batch(() => this.#change(change)));
    call.on("muted", (muted) => (this.muted.value = muted));
    call.on("blocked", (blocked) => (this.blocked.value = blocked));
    call.on("unsteady", (unsteady) => (this.unsteady.value = unsteady));
    call.on("callId", (callId) => (this.callId.value = callId));
    call.on("minutesLeft", (minutes) => (this.#allowance.value = { minutes, since: this.seconds.value }));
    call.on("client", (event) => this.#timed("client", event));
    call.on("server", (event) => batch(() => this.#hear(event, call.agent.label)));
    for (const change of ["online", "offline"]) addEventListener(change, () => (this.isOnline.value = navigator.onLine));
  }

  /** Notes an event for the inspector, with the line that is logged of it. */
  note(direction: Direction, event: RealtimeEvent, at: Date, line: string): void {
    this.events.add(direction, event, at, line);
  }

  /** Leaves nothing of the conversation on the page. */
  forget(): void {
    batch(() => {
      this.#captions.value = noCaptions;
      this.#costMeter.clear();
      this.latency.value = noLatency;
      this.callId.value = "";
      this.#allowance.value = { minutes: undefined, since: 0 };
      this.events.clear();
      this.access.value = { kind: "signed_out", reason: "forgotten" };
    });
  }

  tell(notice: () => Notice | undefined): void {
    this.#callNotice.value = notice;
  }

  #signedOutNotice(): Notice | undefined {
    const access = this.access.value;
    return access.kind === "signed_out" ? words.value.signedOutNotices[access.reason] : undefined;
  }

  #offlineNotice(): Notice | undefined {
    return this.isOnline.value || this.inCall.value ? undefined : words.value.offline;
  }

  #change({ state, problem, reason }: StateChange): void {
    this.call.value = state;
    if (state === "connecting") this.#begin();
    if (state === "live") this.#startClock();
    if (isBetweenSessions(state)) this.#captions.value = cutOff(this.#captions.value);
    if (problem !== undefined) this.#callNotice.value = () => problemNotice(problem);
    if (problem?.code === "signed_out") this.access.value = { kind: "signed_out", reason: "no_invite" };
    if (reason !== undefined) this.#callNotice.value = () => endNotice(reason);
    if (!isInCall(state)) this.#finish();
  }

  #begin(): void {
    this.#captions.value = noCaptions;
    this.#callNotice.value = nothing;
    this.muted.value = false;
    this.#allowance.value = { minutes: this.minutesLeft.value, since: 0 };
    this.seconds.value = 0;
    this.#costMeter.clear();
    this.latency.value = tapped(performance.now());
  }

  #startClock(): void {
    if (this.#clock !== undefined) return; // connected again: it is the same call
    const began = elapsed();
    this.#clock = setInterval(() => (this.seconds.value = Math.floor((elapsed() - began) / 1000)), 250);
  }

  #finish(): void {
    clearInterval(this.#clock);
    this.#clock = undefined;
    this.blocked.value = false;
    this.unsteady.value = false;
    this.voice.value = "quiet";
  }

  #hear(event: RealtimeEvent, agent: string): void {
    apart(() => (this.#captions.value = readEvent(this.#captions.value, event, { at: Date.now(), agent })));
    apart(() => (this.voice.value = hearVoice(this.voice.value, event)));
    apart(() => this.#costMeter.hear(event));
    this.#timed("server", event);
  }

  #timed(direction: Direction, event: RealtimeEvent): void {
    this.latency.value = readLatency(this.latency.value, direction, event, performance.now());
  }
}

function nothing(): undefined {
  return undefined;
}
