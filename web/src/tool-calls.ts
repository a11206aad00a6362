/**
 * The model's calls of tools that this page runs. A session of the Agents SDK runs them (src/sdk/): it is loaded when
 * the first sound is out, or when a tool is called before that. Whatever becomes of it, each call of a tool is answered.
 */

import type { Agent } from "virtual:agents";
import { Emitter } from "./emitter.ts";
import { clientEvents, fields, text, type RealtimeEvent } from "./events.ts";
import type { Line } from "./line.ts";
import { missingTool } from "./prompts.ts";
import type { PageHost } from "./sdk/tools.ts";
import type { SdkSession } from "./sdk/agents-sdk.ts";

const ANSWER_MS = 10_000; // nobody waits longer for a tool
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
  /** The calls that nobody has answered yet, by their ids. */
  readonly #due = new Map<string, ReturnType<typeof setTimeout>>();
  #heard: RealtimeEvent[] = [];
  #session: SdkSession | undefined;

  constructor(call: CallWithTools, host: PageHost, load: LoadSdk = loadSdk) {
    super();
    this.#call = call;
    this.#host = host;
    this.#load = load;
    call.on("settled", () => savesData() || whenIdle(() => void this.#adopt()));
    call.on("server", (event) => call.agent.page_tools.length > 0 && this.#hear(event));
    call.on("client", (event) => this.#noteAnswer(fields(event.item)));
    call.on("state", ({ state }) => state === "live" || this.#leave());
  }

  #hear(event: RealtimeEvent): void {
    const item = fields(event.item);
    if (event.type === "response.output_item.done" && item.type === "function_call" && item.status === "completed") {
      const callId = text(item.call_id);
      const isOurs = this.#call.agent.page_tools.some((name) => name === item.name);
      if (isOurs && callId !== undefined) this.#expectAnswer(callId);
    }
    if (this.#session !== undefined) this.#session.hear(event);
    else if (!event.type.endsWith(".delta")) this.#heard = [...this.#heard.slice(1 - KEPT_EVENTS), event];
  }

  #expectAnswer(callId: string): void {
    clearTimeout(this.#due.get(callId));
    this.#due.set(callId, setTimeout(() => this.#apologise(callId), ANSWER_MS));
    void this.#adopt();
  }

  #noteAnswer({ type, call_id: callId }: Readonly<Record<string, unknown>>): void {
    if (type !== "function_call_output" || typeof callId !== "string") return;
    clearTimeout(this.#due.get(callId));
    this.#due.delete(callId);
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
        isDue: (callId: string) => this.#due.has(callId),
        tell: (problem: unknown) => this.#tell(problem),
      };
      this.#session = new loaded.SdkSession(agent, side, this.#host);
      for (const event of this.#heard.splice(0)) this.#session.hear(event);
    } catch (error) {
      this.#tell(error);
      for (const callId of [...this.#due.keys()]) this.#apologise(callId);
    }
  }

  #hasSession(): boolean {
    return this.#session !== undefined;
  }

  #tell(problem: unknown): void {
    this.emit("problem", String(problem).slice(0, PROBLEM_LETTERS));
  }

  /** Tells the model that there is nothing to wait for, and lets it say so. */
  #apologise(callId: string): void {
    this.#call.line?.sendEvent(clientEvents.toolOutput(callId, { error: missingTool }));
    this.#call.line?.sendEvent(clientEvents.createResponse());
  }

  #leave(): void {
    for (const timer of this.#due.values()) clearTimeout(timer);
    this.#due.clear();
    this.#heard = [];
    this.#session?.close();
    this.#session = undefined;
  }
}

/** zod, of which the SDK is made, would try whether it may compile code, and the page's policy reports the try. */
function loadSdk(): ReturnType<LoadSdk> {
  Object.assign(globalThis, { __zod_globalConfig: { jitless: true } }); // not by its own `config`: bundled, that comes too late
  return import("./sdk/agents-sdk.ts");
}

function savesData(): boolean {
  return (navigator as { readonly connection?: { readonly saveData?: boolean } }).connection?.saveData === true;
}

function whenIdle(act: () => void): void {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(act, { timeout: 5_000 });
  else setTimeout(act, 1_000); // Safari
}
