/** The requests of a call: mint a client secret here and post the SDP offer there, or post it here; register, hang up. */

import type { Agent } from "virtual:agents";
import { elapsed } from "../device/clock.ts";
import { fields, text } from "../protocol/events.ts";
import { CallProblem, fetchProblem, refusal, type Side } from "../protocol/problems.ts";
import { askServer } from "../protocol/server.ts";
import { secondsToDeadline } from "./ticket-deadline.ts";

const REQUEST_MS = 30_000; // the functions give up after 25 s, and their error message says more than ours
const RESPONSE_BYTES = 262_144;
const SPARE_MS = 5_000; // a client secret this close to its end may have expired when the offer arrives

const never = new AbortController().signal; // for requests that outlive their caller; each has a deadline of its own

export interface ConnectedCall {
  readonly sdp: string;
  readonly callId: string;
  readonly maxCallSeconds: number;
  /** Of the person's month, before this call; undefined if the server does not say. */
  readonly minutesLeft: number | undefined;
  /** Ends this call on the server. A call that was opened with a client secret has none until it is registered. */
  readonly ticket: string | undefined;
}

/** Who is called, and with which voice; "" is the agent's own. */
export interface Callee {
  readonly agent: Agent;
  readonly voice: string;
}

/** A short-lived client secret. It lives in a local variable: never stored, logged or put into a URL. */
export interface ClientSecret {
  readonly value: string;
  readonly callsUrl: string;
  readonly maxCallSeconds: number;
  readonly minutesLeft: number | undefined;
  /** On the page's own clock, which no wrong time of the device can move. */
  readonly usableUntil: number;
}

/** An SDP answer, and the id of the call it belongs to. */
export interface Answer {
  readonly sdp: string;
  readonly callId: string;
}

export function isUsable(secret: ClientSecret): boolean {
  return elapsed() < secret.usableUntil;
}

export async function mintClientSecret({ agent, voice }: Callee): Promise<ClientSecret> {
  const asked = { agent: agent.name, ...(voice === "" ? {} : { voice }) };
  const { response, body } = await post("server", "/api/client-secrets", never, json(asked));
  const secret = response.ok ? readClientSecret(body, response.headers.get("date")) : undefined;
  if (secret === undefined) throw refusal("server", response.status, body);
  return secret;
}

/** Posts the SDP offer with the client secret the call was given. */
export async function postOffer(secret: ClientSecret, offer: string, signal: AbortSignal): Promise<Answer> {
  const { response, body } = await post("openai", secret.callsUrl, signal, {
    headers: { "content-type": "application/sdp", authorization: `Bearer ${secret.value}` },
    body: offer,
  });
  return readAnswer("openai", response, body);
}

/** Posts the SDP offer to our own server, which calls OpenAI for this page. */
export async function postOfferToServer({ agent, voice }: Callee, offer: string, signal: AbortSignal): Promise<ConnectedCall> {
  const asked = new URLSearchParams({ agent: agent.name, ...(voice === "" ? {} : { voice }) });
  const { response, body } = await post("server", `/api/calls?${asked.toString()}`, signal, {
    headers: { "content-type": "application/sdp" },
    body: offer,
  });
  const ticket = response.headers.get("voicemint-ticket") ?? undefined;
  const seconds = ticket === undefined ? undefined : secondsToDeadline(ticket, servedAt(response.headers.get("date")));
  const minutesLeft = wholeMinutes(response.headers.get("voicemint-month-minutes-left") ?? undefined);
  const maxCallSeconds = seconds ?? agent.max_call_minutes * 60;
  return { ...readAnswer("server", response, body), ticket, maxCallSeconds, minutesLeft };
}

/** Registers a call that was opened with a client secret. Returns its ticket; undefined if the server refused it. */
export async function registerCall(callId: string, agent: string): Promise<string | undefined> {
  try {
    const { body } = await post("server", "/api/calls/register", never, json({ call_id: callId, agent }));
    return text(fields(parse(body)).ticket);
  } catch {
    return undefined;
  }
}

/** Ends a call on the server; the browser sends it even when the page is being closed. Never rejects. */
export async function hangUp(ticket: string): Promise<void> {
  const options = { ...json({ ticket }), keepalive: true };
  await askServer("/api/calls/hangup", { method: "POST", cache: "no-store", ...options }).catch(() => undefined);
}

function readAnswer(side: Side, response: Response, body: string): Answer {
  if (!response.ok || !body.startsWith("v=0")) throw refusal(side, response.status, body);
  return { sdp: body, callId: response.headers.get("location")?.split("/").pop() ?? "" };
}

function json(value: object): RequestInit {
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

function readClientSecret(body: string, date: string | null): ClientSecret | undefined {
  const secret = fields(parse(body));
  const value = text(secret.value);
  const callsUrl = text(secret.calls_url);
  const expiresAt = Number(secret.expires_at);
  const maxCallSeconds = Number(secret.max_call_seconds);
  if (value === undefined || callsUrl === undefined || !(expiresAt > 0) || !(maxCallSeconds > 0)) return undefined;
  const usableUntil = elapsed() + expiresAt * 1000 - servedAt(date) - SPARE_MS;
  return { value, callsUrl, maxCallSeconds, minutesLeft: wholeMinutes(secret.month_minutes_left), usableUntil };
}

/** Undefined if the server does not say. */
function wholeMinutes(told: unknown): number | undefined {
  const minutes = Number(told);
  return Number.isInteger(minutes) && minutes >= 0 ? minutes : undefined;
}

/** The server's clock, in milliseconds since 1970: this device's own may be wrong. */
function servedAt(date: string | null): number {
  return Date.parse(date ?? "") || Date.now();
}

async function post(side: Side, url: string, signal: AbortSignal, options: RequestInit) {
  const within = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]);
  try {
    const ask = side === "server" ? askServer : fetch;
    const response = await ask(url, { method: "POST", cache: "no-store", redirect: "error", signal: within, ...options });
    return { response, body: await readBody(side, response) };
  } catch (error) {
    signal.throwIfAborted();
    throw fetchProblem(side, error);
  }
}

/** The body as text. Throws if the response is too large. */
async function readBody(side: Side, response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let body = "";
  let bytes = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    bytes += part.value.length;
    if (bytes > RESPONSE_BYTES) {
      await reader?.cancel();
      throw new CallProblem(`${side}_unclear`, `The response has more than ${RESPONSE_BYTES} bytes`);
    }
    body += decoder.decode(part.value, { stream: true });
  }
  return body + decoder.decode();
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
