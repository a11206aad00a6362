/** Reads the deadline of a ticket, `v1.<key id>.<payload>.<signature>`. The page reads nothing else of it. */

import { fields } from "../protocol/events.ts";

/** Seconds from `servedAt` (milliseconds since 1970, the server's clock) to the deadline; undefined if the ticket has none. */
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
