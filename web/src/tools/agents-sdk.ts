/** The Agents SDK's session on an open call: it runs the page's tools. A chunk that is loaded separately. */

import { RealtimeAgent, RealtimeSession } from "@openai/agents-realtime";
import type { Agent } from "virtual:agents";
import { fields, text, type RealtimeEvent } from "../protocol/events.ts";
import { CallTransport, type CallSide } from "./call-transport.ts";
import { Goodbye } from "./goodbye.ts";
import { sdkTools, type PageHost } from "./tools.ts";

export class SdkSession {
  readonly #side: CallSide;
  readonly #transport: CallTransport;
  readonly #session: RealtimeSession;
  readonly #goodbye: Goodbye;
  /** What came before the session stood: it forgets its history when it does. */
  #waiting: RealtimeEvent[] | undefined = [];
  /** Calls that were handed to the SDK and have not begun to run. */
  readonly #unstarted = new Set<string>();

  constructor(agent: Agent, side: CallSide, host: PageHost) {
    this.#side = side;
    this.#goodbye = new Goodbye(() => host.hangUp());
    const tools = sdkTools(agent.page_tools, {
      display: (text) => host.display(text),
      hangUpAfterGoodbye: () => this.#goodbye.begin(),
    });
    this.#transport = new CallTransport(side);
    this.#session = new RealtimeSession(new RealtimeAgent({ name: agent.label, tools }), {
      transport: this.#transport,
      model: agent.model,
      config: {}, // the server's; the transport would send none
      tracingDisabled: true,
      automaticallyTriggerResponseForMcpToolCalls: false, // who answers when is the call's
    });
    this.#session.on("agent_tool_start", (_context, _agent, _tool, { toolCall }) => {
      if ("callId" in toolCall) this.#unstarted.delete(toolCall.callId);
    });
    this.#session.on("error", ({ error }) => this.#fail(error));
    this.#session.connect({ apiKey: "" }).then(
      () => this.#catchUp(),
      (error: unknown) => {
        this.#catchUp();
        this.#fail(error);
      },
    );
  }

  hear(event: RealtimeEvent): void {
    this.#goodbye.hear(event);
    if (this.#waiting === undefined) this.#hand(event);
    else this.#waiting.push(event);
  }

  close(): void {
    this.#goodbye.cancel();
    this.#waiting = [];
    this.#session.close();
  }

  #catchUp(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const event of waiting) this.#hand(event);
  }

  /** The SDK throws at events that it does not expect; the call continues. */
  #hand(event: RealtimeEvent): void {
    const callId = event.type === "response.output_item.done" ? text(fields(event.item).call_id) : undefined;
    if (callId !== undefined && this.#side.isDue(callId)) this.#unstarted.add(callId);
    try {
      this.#transport.hear(event);
    } catch (error) {
      if (callId === undefined) this.#side.tell(error);
      else this.#fail(error);
    }
  }

  /** An error of the SDK does not say which call it is about: a call that can still run has begun to by the next task. */
  #fail(error: unknown): void {
    this.#side.tell(error);
    setTimeout(() => {
      for (const callId of this.#unstarted) this.#side.fail(callId);
      this.#unstarted.clear();
    });
  }
}
