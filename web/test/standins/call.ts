/** A call in a scripted browser: what the tests of `Call` share. */

import type { Agent } from "virtual:agents";
import { afterEach, beforeEach, vi } from "vitest";
import { Call } from "../../src/call/call.ts";
import type { StateChange } from "../../src/call/call-events.ts";
import { installBrowser, ScriptedAudio, ScriptedPeerConnection } from "./browser.ts";

export const AGENT = {
  name: "assistant",
  label: "Assistant",
  greeting: "Greet the person.",
  model: "gpt-realtime-2.1",
  voice: "marin",
  setup: "client-secret" as const,
  max_call_minutes: 30,
  page_tools: [],
  handoffs: [] as string[],
};

export let browser: ReturnType<typeof installBrowser>;
export let audio: ScriptedAudio;
export let call: Call;
export let changes: StateChange[];
export let callIds: string[];

/** Each test of the file gets a browser and a call of its own. */
export function useCall(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    browser = installBrowser();
    open();
  });

  afterEach(() => {
    call.release();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}

export function open(changed: Partial<Agent> = {}): void {
  audio = new ScriptedAudio();
  call = new Call({ ...AGENT, ...changed }, audio as unknown as HTMLAudioElement);
  changes = [];
  callIds = [];
  call.on("state", (change) => changes.push(change));
  call.on("callId", (callId) => callIds.push(callId));
}

export function states(): string[] {
  return changes.map(({ state }) => state);
}

export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

/** The connection of the newest call: the one prepared after it is not it. */
export function connection(): ScriptedPeerConnection {
  return ScriptedPeerConnection.all.findLast(({ remoteDescription }) => remoteDescription !== undefined)!;
}

/** OpenAI does not know the client secret of the next `times` offers. */
export function refuseOffers(times: number): void {
  const { answerOffer } = browser;
  browser.answerOffer = () => {
    times -= 1;
    if (times < 0) return answerOffer();
    return Promise.resolve(Response.json({ error: { message: "The client secret has expired.", code: "invalid_api_key" } }, { status: 401 }));
  };
}

export function asked(url: string): number {
  return browser.requests.filter((request) => request.url === url).length;
}

export async function startAndConnect(): Promise<void> {
  call.start();
  await settle();
  connection().channel.open();
  await settle();
}
