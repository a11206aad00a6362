/** Who speaks when: the session holds one response at a time, so a second one is asked for after the first is done. */

import { clientEvents, fields, type RealtimeEvent } from "./events.ts";

type Response = "none" | "asked" | "active";

export class Turns {
  readonly #send: (event: RealtimeEvent) => void;
  #response: Response = "none";
  #isPlaying = false;
  #wanted: RealtimeEvent | undefined;
  #isUnwanted = false;
  #asked = 0;

  constructor(send: (event: RealtimeEvent) => void) {
    this.#send = send;
  }

  /** Asks for a response now, or as soon as the present one is done; of several that wait the last one counts. */
  ask(request: RealtimeEvent = clientEvents.createResponse()): void {
    this.#wanted = request;
    if (this.#response === "none") this.#askNow(request);
  }

  /** Stops what the agent is saying or about to say. */
  interrupt(): void {
    this.#wanted = undefined;
    this.#stop();
  }

  hear(event: RealtimeEvent): void {
    switch (event.type) {
      case "response.created":
        this.#response = "active";
        if (this.#isUnwanted) this.#stop();
        break;
      case "response.done":
        this.#free();
        break;
      case "output_audio_buffer.started":
        this.#isPlaying = true;
        break;
      case "output_audio_buffer.stopped":
      case "output_audio_buffer.cleared":
        this.#isPlaying = false;
        break;
      case "error":
        this.#hearError(fields(event.error));
        break;
    }
  }

  #stop(): void {
    if (this.#response === "active") this.#send(clientEvents.cancelResponse());
    this.#isUnwanted = this.#response === "asked";
    if (this.#isPlaying) this.#send(clientEvents.clearOutputAudio());
  }

  get #requestId(): string {
    return `response_${this.#asked}`;
  }

  #hearError(error: Readonly<Record<string, unknown>>): void {
    if (error.event_id !== this.#requestId) return;
    if (error.code === "conversation_already_has_active_response") {
      this.#response = "active"; // a spoken turn was answered first: ours comes after it
      this.#wanted ??= clientEvents.createResponse();
    } else if (this.#response === "asked") this.#free();
  }

  #free(): void {
    this.#response = "none";
    this.#isUnwanted = false;
    if (this.#wanted !== undefined) this.#askNow(this.#wanted);
  }

  #askNow(request: RealtimeEvent): void {
    this.#wanted = undefined;
    this.#response = "asked";
    this.#asked += 1;
    this.#send({ ...request, event_id: this.#requestId });
  }
}
