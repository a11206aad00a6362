/** The Agents SDK's transport over a call that is already up: it opens nothing, closes nothing, and configures nothing. */

import {
  OpenAIRealtimeBase,
  type RealtimeClientMessage,
  type RealtimeTransportLayerConnectOptions,
  type TransportToolCallEvent,
} from "@openai/agents-realtime";
import { fields, text, type RealtimeEvent } from "../protocol/events.ts";

/** The call, as the SDK may use it. */
export interface CallSide {
  /** Sends an event over the one line; false when it is closed or the event too large. */
  send(event: RealtimeEvent): boolean;
  interrupt(): void;
  /** Whether this call of one of the page's tools still waits for its answer. */
  isDue(callId: string): boolean;
  /** A call that will have no result here. */
  fail(callId: string): void;
  /** A problem, for the log. */
  tell(problem: unknown): void;
}

// What the session's history and tools are made of. The rest is for captions, turns and the log, which are not the SDK's.
const HEARD = new Set([
  "conversation.item.added",
  "conversation.item.done",
  "conversation.item.deleted",
  "conversation.item.input_audio_transcription.completed",
  "response.created",
  "response.output_item.done",
  "response.done",
]);

// The session's config is the server's: instructions, voice, tools and turn detection stay as it set them. Nor is an item
// asked for again, as the SDK does after each transcription: it would come with its sound.
const SENT = new Set(["conversation.item.create", "response.create", "response.cancel", "output_audio_buffer.clear"]);

export class CallTransport extends OpenAIRealtimeBase {
  /** The microphone is the call's. */
  readonly muted = null;
  readonly #side: CallSide;
  #isConnected = false;

  constructor(side: CallSide) {
    super();
    this.#side = side;
  }

  get status(): "connected" | "disconnected" {
    return this.#isConnected ? "connected" : "disconnected";
  }

  connect({ model }: RealtimeTransportLayerConnectOptions): Promise<void> {
    if (model !== undefined) this.currentModel = model;
    this.#isConnected = true;
    this._onOpen();
    return Promise.resolve();
  }

  /** Takes a server event of the call. */
  hear(event: RealtimeEvent): void {
    if (!HEARD.has(event.type) || this.#isForeign(event)) return;
    const named = { ...event, event_id: text(event.event_id) ?? "" }; // the SDK passes over an event without
    this._onMessage(new MessageEvent("message", { data: JSON.stringify(named) }));
  }

  sendEvent(event: RealtimeClientMessage): void {
    if (SENT.has(event.type) && !this.#side.send(event)) throw new Error(`${event.type} could not be sent`);
  }

  /** The call asks for the answer, when all calls of the response have their result. */
  override sendFunctionCallOutput(toolCall: TransportToolCallEvent, output: string): void {
    if (this.#side.isDue(toolCall.callId)) super.sendFunctionCallOutput(toolCall, output, false);
  }

  interrupt(): void {
    this.#side.interrupt();
  }

  mute(): void {
    // The page's own button does.
  }

  close(): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this._onClose();
  }

  /** A call of a tool that the server runs, or that was answered already: the SDK would answer that there is none. */
  #isForeign(event: RealtimeEvent): boolean {
    const item = fields(event.item);
    if (event.type !== "response.output_item.done" || item.type !== "function_call") return false;
    return !this.#side.isDue(text(item.call_id) ?? "");
  }
}
