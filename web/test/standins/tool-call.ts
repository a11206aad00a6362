/** A call with a line, for whoever listens to it: what is sent is remembered, and what the server says is up to the test. */

import type { Agent } from "virtual:agents";
import { Emitter } from "../../src/protocol/emitter.ts";
import type { RealtimeEvent } from "../../src/protocol/events.ts";

export class ScriptedCall extends Emitter<{
  server: RealtimeEvent;
  client: RealtimeEvent;
  settled: undefined;
  state: { state: string };
}> {
  readonly sent: RealtimeEvent[] = [];
  readonly agent: Agent;
  line: { sendEvent(event: RealtimeEvent): boolean; interrupt(): void } | undefined;

  constructor(tools: Agent["page_tools"] = ["local_time", "display_text", "end_call"], handoffs: readonly string[] = []) {
    super();
    this.agent = {
      name: "assistant",
      label: "Assistant",
      greeting: "",
      model: "gpt-realtime-2.1",
      voice: "marin",
      setup: "client-secret",
      max_call_minutes: 30,
      page_tools: tools,
      handoffs,
    };
    this.become("live");
  }

  become(state: string): void {
    const sendEvent = (event: RealtimeEvent) => {
      this.sent.push(event);
      this.emit("client", event);
      return true;
    };
    this.line = state === "live" ? { sendEvent, interrupt: () => undefined } : undefined;
    this.emit("state", { state });
  }

  settle(): void {
    this.emit("settled", undefined);
  }

  hear(...events: RealtimeEvent[]): void {
    for (const event of events) this.emit("server", event);
  }

  /** The model calls a tool. */
  callTool(name: string, given: object | string = {}, callId = `call_${name}`): void {
    this.hear(...toolCallEvents(name, given, callId));
  }

  /** What the model was told of the calls of tools. */
  outputs(): unknown[] {
    const items = this.sent.map(({ item }) => item as { type?: string; output?: string } | undefined);
    return items.flatMap((item) => (item?.type === "function_call_output" ? [JSON.parse(item.output ?? "") as unknown] : []));
  }
}

/** One response in which a tool is called, as the server tells it. */
export function toolCallEvents(name: string, given: object | string, callId: string): RealtimeEvent[] {
  return groupOfCalls([{ name, given, callId }]);
}

interface CalledTool {
  readonly name: string;
  readonly given?: object | string;
  readonly callId: string;
}

/** One response in which several are called. */
export function groupOfCalls(called: readonly CalledTool[]): RealtimeEvent[] {
  const id = `resp_${called[0]?.callId ?? ""}`;
  const output = called.map(({ name, given = {}, callId }) => {
    const text = typeof given === "string" ? given : JSON.stringify(given);
    return { id: `item_${callId}`, type: "function_call", status: "completed", name, call_id: callId, arguments: text };
  });
  const done = output.map((item, at) => ({ type: "response.output_item.done", event_id: `event_2_${at}`, response_id: id, output_index: at, item }));
  return [
    { type: "response.created", event_id: "event_1", response: { id, object: "realtime.response", output: [] } },
    ...done,
    { type: "response.done", event_id: "event_3", response: { id, object: "realtime.response", status: "completed", output } },
  ];
}
