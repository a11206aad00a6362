/**
 * The model's calls of tools that this page runs. A session of the Agents SDK runs them (agents-sdk.ts): it is loaded when
 * the first sound is out, or when a tool is called before that. Whatever becomes of it, each call of a tool is answered.
 */

import type { Agent } from "virtual:agents";
import { Emitter } from "../protocol/emitter.ts";
import { clientEvents, fields, type RealtimeEvent } from "../protocol/events.ts";
import type { Line } from "../connection/line.ts";
import { missingTool } from "../call/prompts.ts";
import type { PageHost } from "./tools.ts";
import type { SdkSession } from "./agents-sdk.ts";
import { ToolGroups, type Called } from "./tool-groups.ts";

const KEPT_EVENTS = 200;
const PROBLEM_LETTERS = 300;

/** What this needs of a call. */
export interface CallWithTools extends Pick<Emitter<ToolEvents>, "on"> {
  readonly agent: Agent;
  readonly line: Pick<Line, "sendEvent" | "interrupt"> | undefined;
}

interface ToolEvents {
  readonly server: RealtimeEvent;
  readonly client: RealtimeEvent;
  readonly settled: undefined;
  readonly state: { readonly state: string };
}

type LoadSdk = () => Promise<{ readonly SdkSession: typeof SdkSession }>;

export class ToolCalls extends Emitter<{ readonly problem: string }> {
  readonly #call: CallWithTools;
  readonly #host: PageHost;
  readonly #load: LoadSdk;
  readonly #groups = new ToolGroups(
    (callId) => this.#apologise(callId),
    () => this.#call.line?.sendEvent(clientEvents.createResponse()),
  );
  /** Those that the page has to answer. */
  readonly #ours = new Set<string>();
  #heard: RealtimeEvent[] = [];
  #session: SdkSession | undefined;

  constructor(call: CallWithTools, host: PageHost, load: LoadSdk = loadSdk) {
    super();
    this.#call = call;
    this.#host = host;
    this.#load = load;
    call.on("settled", () => savesData() || whenIdle(() => void this.#adopt()));
    call.on("server", (event) => this.#hear(event));
    call.on("client", (event) => this.#groups.note(event));
    call.on("state", ({ state }) => state === "live" || this.#leave());
  }

  #hear(event: RealtimeEvent): void {
    const { page_tools: tools } = this.#call.agent;
    const called = this.#groups.hear(event);
    if (tools.length > 0 && fields(event.item).type !== "function_call") this.#tellSdk(event);
    for (const each of called) if (tools.some((name) => name === each.name)) this.#run(each);
  }

  #tellSdk(event: RealtimeEvent): void {
    if (this.#session !== undefined) this.#session.hear(event);
    else if (!event.type.endsWith(".delta")) this.#heard = [...this.#heard.slice(1 - KEPT_EVENTS), event];
  }

  #run(called: Called): void {
    this.#ours.add(called.callId);
    if (isJson(called.given)) {
      this.#tellSdk(callEvent(called));
      void this.#adopt();
    } else {
      this.#tell(`The arguments of ${called.name} are not valid JSON`);
      this.#apologise(called.callId);
    }
  }

  async #adopt(): Promise<void> {
    const { line, agent } = this.#call;
    if (line === undefined || this.#session !== undefined || agent.page_tools.length === 0) return;
    try {
      const loaded = await this.#load();
      if (this.#call.line !== line || this.#hasSession()) return;
      const side = {
        send: (event: RealtimeEvent) => line.sendEvent(event),
        interrupt: () => line.interrupt(),
        isDue: (callId: string) => this.#ours.has(callId) && this.#groups.isDue(callId),
        fail: (callId: string) => this.#apologise(callId),
        tell: (problem: unknown) => this.#tell(problem),
      };
      this.#session = new loaded.SdkSession(agent, side, this.#host);
      for (const event of this.#heard.splice(0)) this.#session.hear(event);
    } catch (error) {
      this.#tell(error);
      for (const callId of this.#groups.due) this.#apologise(callId);
    }
  }

  #hasSession(): boolean {
    return this.#session !== undefined;
  }

  #tell(problem: unknown): void {
    this.emit("problem", String(problem).slice(0, PROBLEM_LETTERS));
  }

  /** Tells the model that there is nothing to wait for; it is asked to say so when its other calls are answered. */
  #apologise(callId: string): void {
    if (!this.#ours.has(callId) || !this.#groups.isDue(callId)) return;
    this.#call.line?.sendEvent(clientEvents.toolOutput(callId, { error: missingTool }));
  }

  #leave(): void {
    this.#groups.clear();
    this.#ours.clear();
    this.#heard = [];
    this.#session?.close();
    this.#session = undefined;
  }
}

/** The call of a tool as the Agents SDK reads it, which passes over one that lacks a field. */
function callEvent({ callId, name, given, responseId }: Called): RealtimeEvent {
  const item = { id: callId, type: "function_call", status: "completed", name, call_id: callId, arguments: given };
  return { type: "response.output_item.done", response_id: responseId, output_index: 0, item };
}

function isJson(given: string): boolean {
  try {
    return JSON.parse(given) !== undefined;
  } catch {
    return false;
  }
}

/** zod, of which the SDK is made, would try whether it may compile code, and the page's policy reports the try. */
function loadSdk(): ReturnType<LoadSdk> {
  Object.assign(globalThis, { __zod_globalConfig: { jitless: true } }); // not by its own `config`: bundled, that comes too late
  return import("./agents-sdk.ts");
}

function savesData(): boolean {
  return (navigator as { readonly connection?: { readonly saveData?: boolean } }).connection?.saveData === true;
}

function whenIdle(act: () => void): void {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(act, { timeout: 5_000 });
  else setTimeout(act, 1_000); // Safari
}
