/**
 * The model's calls of `transfer_to_<agent>`: that agent continues the call, in a new session. The handoff waits until the
 * speech so far was played and transcribed; otherwise the next session would not know it.
 */

import type { Agent } from "virtual:agents";
import type { Call } from "../call/call.ts";
import { HANDOFF } from "../readings/captions.ts";
import { isInCall } from "../call/call-state.ts";
import { clientEvents, text, type RealtimeEvent } from "../protocol/events.ts";
import { missingTool } from "../call/prompts.ts";
import { readCalls, type Called } from "./tool-groups.ts";

const LONGEST_MS = 10_000; // a transcription may never come
const MAX_HANDOFFS = 20; // per call: otherwise two agents could hand it back and forth for ever

/** What this needs of a call. */
type CallToHandOff = Pick<Call, "on" | "agent" | "line" | "handOff">;

export class Handoffs {
  readonly #call: CallToHandOff;
  readonly #agents: readonly Agent[];
  /** Items that the person speaks or has spoken, and whose words are not known yet. */
  readonly #unwritten = new Set<string>();
  #isPlaying = false;
  #target: Agent | undefined;
  #longest: ReturnType<typeof setTimeout> | undefined;
  #handoffs = 0;

  constructor(call: CallToHandOff, agents: readonly Agent[]) {
    this.#call = call;
    this.#agents = agents;
    call.on("server", (event) => call.agent.handoffs.length > 0 && this.#hear(event));
    call.on("state", ({ state }) => {
      if (state !== "live") this.#leave();
      if (!isInCall(state)) this.#handoffs = 0;
    });
  }

  #hear(event: RealtimeEvent): void {
    const item = text(event.item_id) ?? "";
    switch (event.type) {
      case "input_audio_buffer.speech_started":
      case "input_audio_buffer.committed":
        this.#unwritten.add(item);
        break;
      case "conversation.item.input_audio_transcription.completed":
      case "conversation.item.input_audio_transcription.failed":
        this.#unwritten.delete(item);
        break;
      case "output_audio_buffer.started":
        this.#isPlaying = true;
        break;
      case "output_audio_buffer.stopped":
      case "output_audio_buffer.cleared":
        this.#isPlaying = false;
        break;
      case "response.done":
        for (const called of readCalls(event)) this.#note(called);
        break;
    }
    if (!this.#isPlaying && this.#unwritten.size === 0) this.#handOff();
  }

  #note(called: Called): void {
    const target = this.#agents.find(({ name }) => called.name === HANDOFF + name);
    if (target === undefined || !this.#call.agent.handoffs.includes(target.name)) return;
    if (this.#handoffs >= MAX_HANDOFFS) {
      this.#call.line?.sendEvent(clientEvents.toolOutput(called.callId, { error: missingTool })); // tool-groups.ts asks
      return;
    }
    this.#target = target;
    this.#longest ??= setTimeout(() => this.#handOff(), LONGEST_MS);
  }

  #handOff(): void {
    const target = this.#target;
    if (target === undefined) return;
    this.#forget();
    this.#handoffs += 1;
    queueMicrotask(() => this.#call.handOff(target)); // when all others have heard this event too
  }

  #forget(): void {
    clearTimeout(this.#longest);
    this.#longest = this.#target = undefined;
  }

  #leave(): void {
    this.#forget();
    this.#unwritten.clear();
    this.#isPlaying = false;
  }
}
