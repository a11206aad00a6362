/** Client and server events of the Realtime API: reading them safely, and the few this page sends. */

export type Fields = Readonly<Record<string, unknown>>;
export type RealtimeEvent = Fields & { readonly type: string };

/** The largest message every browser's data channel takes when the answer names no other size. */
export const DATA_CHANNEL_BYTES = 65_536;

/** The event in a data channel message, or undefined if the message is not an event. */
export function parseEvent(message: unknown): RealtimeEvent | undefined {
  if (typeof message !== "string") return undefined;
  try {
    const value = fields(JSON.parse(message));
    return typeof value.type === "string" ? (value as RealtimeEvent) : undefined;
  } catch {
    return undefined;
  }
}

/** The object in `value`; an empty one when it is anything else, so that reading on is safe. */
export function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export const clientEvents = {
  systemMessage: (words: string): RealtimeEvent => message("system", words),
  /** Has an id from the page, so that the next session can create the same item again. */
  userMessage: (words: string): RealtimeEvent => message("user", words, { id: `typed_${randomName()}` }),
  createResponse: (): RealtimeEvent => ({ type: "response.create" }),
  cancelResponse: (): RealtimeEvent => ({ type: "response.cancel" }),
  toolOutput: (callId: unknown, output: Fields): RealtimeEvent => {
    const item = { type: "function_call_output", call_id: callId, output: JSON.stringify(output) };
    return { type: "conversation.item.create", item };
  },
  clearOutputAudio: (): RealtimeEvent => ({ type: "output_audio_buffer.clear" }),
} as const;

function message(role: "system" | "user", words: string, more: Fields = {}): RealtimeEvent {
  const item = { ...more, type: "message", role, content: [{ type: "input_text", text: words }] };
  return { type: "conversation.item.create", item };
}

/** Not `randomUUID`, which exists on secure pages only. */
function randomName(): string {
  return crypto.getRandomValues(new Uint32Array(2)).join("_");
}
