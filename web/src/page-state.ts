/** The bridge: what the call tells becomes signals, and all that the user interface knows are these signals. */

import { batch, computed, signal } from "@preact/signals";
import type { Access } from "./access.ts";
import { addActivity, type ActivityLine, type Direction } from "./activity.ts";
import type { Call, StateChange } from "./call.ts";
import { isInCall, type CallState } from "./call-state.ts";
import { noCaptions, readEvent, shownCaptions, type Captions } from "./captions.ts";
import type { RealtimeEvent } from "./events.ts";
import { hearVoice, type Voice } from "./voice.ts";
import { endNotice, problemNotice, words, type Notice } from "./words.ts";

export class PageState {
  readonly call = signal<CallState>("idle");
  readonly access = signal<Access>({ kind: "unknown" });
  readonly muted = signal(false);
  readonly blocked = signal(false);
  readonly unsteady = signal(false);
  readonly voice = signal<Voice>("quiet");
  readonly seconds = signal(0);
  readonly activity = signal<readonly ActivityLine[]>([]);
  readonly isSignedOut = computed(() => this.access.value.kind === "signed_out");
  readonly notice = computed(() => this.#accessNotice() ?? this.#callNotice.value());
  readonly inCall = computed(() => isInCall(this.call.value));
  readonly shown = computed(() => shownCaptions(this.#captions.value));
  /** As a question to the words, so that it follows the language. */
  readonly #callNotice = signal<() => Notice | undefined>(nothing);
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

  /** Leaves nothing of the conversation on the page. */
  forget(): void {
    batch(() => {
      this.#captions.value = noCaptions;
      this.clearActivity();
      this.access.value = { kind: "signed_out", reason: "forgotten" };
    });
  }

  tell(notice: () => Notice): void {
    this.#callNotice.value = notice;
  }

  clearActivity(): void {
    this.activity.value = [];
  }

  #accessNotice(): Notice | undefined {
    const access = this.access.value;
    return access.kind === "signed_out" ? words.value.signedOutNotices[access.reason] : undefined;
  }

  #change({ state, problem, reason }: StateChange): void {
    this.call.value = state;
    if (state === "connecting") this.#begin();
    if (state === "live") this.#startClock();
    if (problem !== undefined) this.#callNotice.value = () => problemNotice(problem);
    if (problem?.code === "signed_out") this.access.value = { kind: "signed_out", reason: "no_invite" };
    if (reason !== undefined) this.#callNotice.value = () => endNotice(reason);
    if (!isInCall(state)) this.#finish();
  }

  #begin(): void {
    this.#captions.value = noCaptions;
    this.#callNotice.value = nothing;
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

function nothing(): undefined {
  return undefined;
}
