/** The bridge: what the call tells becomes signals, and all that the user interface knows are these signals. */

import { batch, computed, signal } from "@preact/signals";
import { addActivity, type ActivityLine, type Direction } from "./activity.ts";
import type { Call, StateChange } from "./call.ts";
import { isInCall, type CallState } from "./call-state.ts";
import { noCaptions, readEvent, shownCaptions, type Captions } from "./captions.ts";
import type { RealtimeEvent } from "./events.ts";
import { hearVoice, type Voice } from "./voice.ts";
import { endNotice, problemNotice, type Notice } from "./words.ts";

export class PageState {
  readonly call = signal<CallState>("idle");
  readonly notice = signal<Notice | undefined>(undefined);
  readonly muted = signal(false);
  readonly blocked = signal(false);
  readonly unsteady = signal(false);
  readonly voice = signal<Voice>("quiet");
  readonly seconds = signal(0);
  readonly activity = signal<readonly ActivityLine[]>([]);
  readonly inCall = computed(() => isInCall(this.call.value));
  readonly shown = computed(() => shownCaptions(this.#captions.value));
  readonly #captions = signal<Captions>(noCaptions);
  #clock: ReturnType<typeof setInterval> | undefined;

  constructor(call: Call) {
    call.on("state", (change) => batch(() => this.#change(change)));
    call.on("muted", (muted) => (this.muted.value = muted));
    call.on("blocked", (blocked) => (this.blocked.value = blocked));
    call.on("unsteady", (unsteady) => (this.unsteady.value = unsteady));
    call.on("server", (event) => batch(() => this.#hear(event)));
  }

  note(direction: Direction, event: RealtimeEvent, at: Date): void {
    this.activity.value = addActivity(this.activity.value, direction, event, at);
  }

  clearActivity(): void {
    this.activity.value = [];
  }

  #change({ state, problem, reason }: StateChange): void {
    this.call.value = state;
    if (state === "connecting") this.#begin();
    if (state === "live") this.#startClock();
    if (problem !== undefined) this.notice.value = problemNotice(problem);
    if (reason !== undefined) this.notice.value = endNotice(reason);
    if (!isInCall(state)) this.#finish();
  }

  #begin(): void {
    this.#captions.value = noCaptions;
    this.notice.value = undefined;
    this.muted.value = false;
    this.seconds.value = 0;
  }

  #startClock(): void {
    const began = performance.now();
    this.#clock = setInterval(() => (this.seconds.value = Math.floor((performance.now() - began) / 1000)), 250);
  }

  #finish(): void {
    clearInterval(this.#clock);
    this.blocked.value = false;
    this.unsteady.value = false;
    this.voice.value = "quiet";
  }

  #hear(event: RealtimeEvent): void {
    this.#captions.value = readEvent(this.#captions.value, event);
    this.voice.value = hearVoice(this.voice.value, event);
  }
}
