/** The pictures in a conversation: sent as items, and the old ones deleted, because each is paid for at every turn. */

import type { RealtimeEvent } from "../protocol/events.ts";

export interface Picture {
  /** The item's id in the conversation: `conversation.item.added` and `.deleted` name it. */
  readonly itemId: string;
  /** A JPEG as a data URI, as it was sent. */
  readonly url: string;
}

type Send = (event: RealtimeEvent) => boolean;

/** The largest event with a picture, in bytes: safely below what every data channel takes. */
export const PICTURE_EVENT_BYTES = 60_000;
const IN_SESSION = 2; // the present one, and the one before it to compare with

export class Pictures {
  #inSession: readonly string[] = [];
  #sent = 0;

  /** True when an event with this picture is small enough; a data URI has one byte a letter. */
  fits(url: string): boolean {
    return JSON.stringify(pictureEvent(this.#nextId, url)).length < PICTURE_EVENT_BYTES;
  }

  /** Sends the picture and takes the oldest back; undefined when it cannot be sent now. */
  send(url: string, send: Send): Picture | undefined {
    const itemId = this.#nextId;
    if (!send(pictureEvent(itemId, url))) return undefined;
    this.#sent += 1;
    const all = [...this.#inSession, itemId];
    for (const item_id of all.slice(0, -IN_SESSION)) send({ type: "conversation.item.delete", item_id });
    this.#inSession = all.slice(-IN_SESSION);
    return { itemId, url };
  }

  /** A new session holds none of them. */
  forget(): void {
    this.#inSession = [];
  }

  get #nextId(): string {
    return `picture_${this.#sent + 1}`;
  }
}

function pictureEvent(id: string, url: string): RealtimeEvent {
  const item = { id, type: "message", role: "user", content: [{ type: "input_image", image_url: url }] };
  return { type: "conversation.item.create", item };
}
