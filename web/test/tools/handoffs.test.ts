import type { Agent } from "virtual:agents";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Handoffs } from "../../src/tools/handoffs.ts";
import { missingTool } from "../../src/call/prompts.ts";
import { ScriptedCall, toolCallEvents } from "../standins/tool-call.ts";

const AGENTS = ["assistant", "guide", "clerk"].map((name) => ({ name, label: name }) as Agent);
const played = { started: { type: "output_audio_buffer.started" }, stopped: { type: "output_audio_buffer.stopped" } };

class CallToHandOff extends ScriptedCall {
  readonly handedOffTo: string[] = [];

  handOff({ name }: Agent): void {
    this.handedOffTo.push(name);
    this.become("handing_off");
  }
}

let call: CallToHandOff;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  call = new CallToHandOff([], ["guide"]);
  new Handoffs(call as unknown as ConstructorParameters<typeof Handoffs>[0], AGENTS);
});

afterEach(() => {
  vi.useRealTimers();
});

async function after(milliseconds = 0): Promise<string[]> {
  await vi.advanceTimersByTimeAsync(milliseconds);
  return call.handedOffTo;
}

describe("a call of transfer_to_", () => {
  test("hands the call over at once when nothing is being said", async () => {
    call.callTool("transfer_to_guide");
    expect(await after()).toEqual(["guide"]);
    expect(call.sent).toEqual([]);
  });

  test("waits until what is being said is heard", async () => {
    call.hear(played.started);
    call.callTool("transfer_to_guide");
    expect(await after(5_000)).toEqual([]);
    call.hear(played.stopped);
    expect(await after()).toEqual(["guide"]);
  });

  test("waits for the words of what was spoken", async () => {
    call.hear({ type: "input_audio_buffer.speech_started", item_id: "item_1" });
    call.hear({ type: "input_audio_buffer.committed", item_id: "item_1" });
    call.callTool("transfer_to_guide");
    expect(await after(5_000)).toEqual([]);
    call.hear({ type: "conversation.item.input_audio_transcription.completed", item_id: "item_1", transcript: "The guide, please." });
    expect(await after()).toEqual(["guide"]);
  });

  test("does not wait for ever", async () => {
    call.hear(played.started);
    call.callTool("transfer_to_guide");
    expect(await after(9_000)).toEqual([]);
    expect(await after(1_000)).toEqual(["guide"]);
  });

  test.each(["transfer_to_clerk", "transfer_to_assistant", "transfer_to_nobody", "transfer_to_", "guide"])(
    "that the agent's file does not name, %s, does nothing",
    async (name) => {
      call.callTool(name);
      expect(await after(60_000)).toEqual([]);
    },
  );

  test("whose status the server leaves out hands the call over", async () => {
    const [created, , done] = toolCallEvents("transfer_to_guide", {}, "call_1");
    const text = JSON.stringify(done).replaceAll('"status":"completed",', "");
    call.hear(created!, JSON.parse(text) as { type: string });
    expect(await after()).toEqual(["guide"]);
  });

  test("in an answer that was interrupted does nothing", async () => {
    const [created, , done] = toolCallEvents("transfer_to_guide", {}, "call_1");
    const text = JSON.stringify(done).replaceAll('"completed"', '"incomplete"');
    call.hear(created!, JSON.parse(text) as { type: string });
    expect(await after(60_000)).toEqual([]);
  });

  test("is off when the call ends or is cut first", async () => {
    call.hear(played.started);
    call.callTool("transfer_to_guide");
    call.become("reconnecting");
    call.become("live");
    call.hear(played.stopped);
    expect(await after(60_000)).toEqual([]);
  });

  test("is refused in words when two agents send a call to and fro", async () => {
    for (let turn = 0; turn < 21; turn += 1) {
      call.callTool("transfer_to_guide");
      await after();
      call.become("live");
    }
    expect(call.handedOffTo).toHaveLength(20);
    expect(call.outputs()).toEqual([{ error: missingTool }]); // the answer to it is asked for by tool-groups.ts
    call.become("ended");
    call.become("live");
    call.callTool("transfer_to_guide");
    expect(await after()).toHaveLength(21);
  });
});
