import { beforeEach, describe, expect, test } from "vitest";
import type { RealtimeEvent } from "../src/events.ts";
import { Turns } from "../src/turns.ts";

let sent: RealtimeEvent[];
let turns: Turns;

beforeEach(() => {
  sent = [];
  turns = new Turns((event) => sent.push(event));
});

function types(): string[] {
  return sent.map(({ type }) => type);
}

function hear(...heard: string[]): void {
  for (const type of heard) turns.hear({ type });
}

function refuse(code: string): void {
  turns.hear({ type: "error", error: { code, event_id: sent.at(-1)?.event_id } });
}

describe("asking for a response", () => {
  test("is done at once when nobody is answering", () => {
    turns.ask();
    expect(types()).toEqual(["response.create"]);
  });

  test("waits until the present response is done", () => {
    hear("response.created");
    turns.ask();
    expect(types()).toEqual([]);
    hear("response.done");
    expect(types()).toEqual(["response.create"]);
  });

  test("is repeated when a spoken turn was answered first", () => {
    turns.ask();
    hear("response.created"); // the answer to the spoken turn
    refuse("conversation_already_has_active_response");
    hear("response.done");
    expect(types()).toEqual(["response.create", "response.create"]);
  });

  test("is free again after a refusal", () => {
    turns.ask();
    refuse("invalid_value");
    turns.ask();
    expect(types()).toEqual(["response.create", "response.create"]);
  });

  test("is not freed by somebody else's error", () => {
    turns.ask();
    turns.hear({ type: "error", error: { code: "invalid_value", event_id: "another" } });
    turns.ask();
    expect(types()).toEqual(["response.create"]);
  });
});

describe("interrupting", () => {
  test("cancels the response and clears what is still to be heard", () => {
    hear("response.created", "output_audio_buffer.started");
    turns.interrupt();
    expect(types()).toEqual(["response.cancel", "output_audio_buffer.clear"]);
  });

  test("clears the sound of a response that is complete but not heard to its end", () => {
    hear("response.created", "output_audio_buffer.started", "response.done");
    turns.interrupt();
    expect(types()).toEqual(["output_audio_buffer.clear"]);
  });

  test("sends nothing while nobody speaks", () => {
    hear("response.created", "output_audio_buffer.started", "response.done", "output_audio_buffer.stopped");
    turns.interrupt();
    expect(types()).toEqual([]);
  });

  test("cancels a response that was asked for as soon as there is one", () => {
    turns.ask();
    turns.interrupt();
    turns.ask();
    hear("response.created", "response.done");
    expect(types()).toEqual(["response.create", "response.cancel", "response.create"]);
  });
});
