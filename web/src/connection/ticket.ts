/** A ticket, `v1.<key id>.<payload>.<signature>`: opaque to this page but for the deadline in its payload. */

import { fields } from "../protocol/events.ts";

/** Seconds from `servedAt` (milliseconds since 1970, the server's clock) to the deadline; undefined when it tells none. */
export function secondsToDeadline(ticket: string, servedAt: number): number | undefined {
  try {
    const payload = ticket.split(".")[2] ?? "";
    const { deadline } = fields(JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))));
    const seconds = Number(deadline) - servedAt / 1000;
    return seconds > 0 ? seconds : undefined;
  } catch {
    return undefined;
  }
}
