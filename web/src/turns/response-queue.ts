/**
 * Asks for responses one at a time: a session has only one response at once, so the next request waits until the present
 * response is done. A response without any event for a while counts as done: a lost event must not silence the agent.
 */

import { clientEvents, fields, text, type RealtimeEvent } from "../protocol/events.ts";

type Response = "none" | "asked" | "active";

const SILENCE_MS = 10_000;
const SERVERS = "voicemint-"; // how the server names its own requests (functions/voicemint/monitor/next_response.py)

export class ResponseQueue {
  readonly #send: (event: RealtimeEvent) => void;
  #response: Response = "none";
  #isPlaying = false;
  #wanted: RealtimeEvent | undefined;
  /** The page's own request that is not done: the active response may be the server's. */
  #request: RealtimeEvent | undefined;
  #isUnwanted = false;
  #asked = 0;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (event: RealtimeEvent) => void) {
    this.#send = send;
  }

  /** Asks for a response now, or as soon as the present one is done. If several wait, the last one counts. */
  ask(request: RealtimeEvent = clientEvents.createResponse()): void {
    this.#wanted = request;
    if (this.#response === "none") this.#askNow(request);
  }

  /** Stops what the agent is saying or about to say. */
  interrupt(): void {
    this.#wanted = this.#request = undefined;
    this.#stop();
  }

  hear(event: RealtimeEvent): void {
    const { type } = event;
    if (type === "response.done") this.#free();
    else if (type.startsWith("response.")) this.#hearOfResponse();
    else if (type.startsWith("output_audio_buffer.")) this.#isPlaying = type.endsWith(".started");
    else if (type === "error") this.#hearError(fields(event.error));
  }

  /** Waits for nothing any more. */
  close(): void {
    clearTimeout(this.#silence);
  }

  #hearOfResponse(): void {
    this.#become("active");
    if (this.#isUnwanted) this.#stop();
  }

  #stop(): void {
    if (this.#response === "active") this.#send(clientEvents.cancelResponse());
    this.#isUnwanted = this.#response === "asked";
    if (this.#isPlaying) this.#send(clientEvents.clearOutputAudio());
  }

  get #requestId(): string {
    return `response_${this.#asked}`;
  }

  #hearError({ code, event_id: id }: Readonly<Record<string, unknown>>): void {
    const isOurs = id === this.#requestId;
    if (code === "conversation_already_has_active_response") {
      if (isOurs || text(id)?.startsWith(SERVERS) !== true) this.#hearRefusal(); // it does not always name the event
    } else if (code === "response_cancel_not_active") {
      if (this.#response === "active") this.#free(); // it was done, and the word of it was lost
    } else if (isOurs && this.#response === "asked") this.#free();
  }

  /** Another response is active: ask again after it. */
  #hearRefusal(): void {
    if (this.#response === "none") return;
    this.#wanted ??= this.#request;
    this.#request = undefined;
    this.#hearOfResponse();
  }

  #become(response: "asked" | "active"): void {
    this.#response = response;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#free(), SILENCE_MS);
  }

  #free(): void {
    clearTimeout(this.#silence);
    this.#response = "none";
    this.#isUnwanted = false;
    this.#request = undefined;
    if (this.#wanted !== undefined) this.#askNow(this.#wanted);
  }

  #askNow(request: RealtimeEvent): void {
    this.#wanted = undefined;
    this.#request = request;
    this.#asked += 1;
    this.#become("asked");
    this.#send({ ...request, event_id: this.#requestId });
  }
}
