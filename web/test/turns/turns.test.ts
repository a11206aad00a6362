import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { RealtimeEvent } from "../../src/protocol/events.ts";
import { Turns } from "../../src/turns/turns.ts";

let sent: RealtimeEvent[];
let turns: Turns;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  turns = new Turns((event) => sent.push(event));
});

afterEach(() => {
  vi.useRealTimers();
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

const ACTIVE = "conversation_already_has_active_response";

describe("a request of which nothing is heard", () => {
  test("counts as none after ten seconds, and what waits is asked for", () => {
    turns.ask();
    vi.advanceTimersByTime(6_000);
    turns.ask();
    vi.advanceTimersByTime(3_000);
    expect(types()).toEqual(["response.create"]);
    vi.advanceTimersByTime(1_000);
    expect(types()).toEqual(["response.create", "response.create"]);
  });

  test("is not repeated by itself, and the next one goes out at once", () => {
    turns.ask();
    vi.advanceTimersByTime(60_000);
    expect(types()).toEqual(["response.create"]);
    turns.ask();
    expect(types()).toEqual(["response.create", "response.create"]);
  });

  test("that is interrupted does not cancel the next answer", () => {
    turns.ask();
    turns.interrupt();
    vi.advanceTimersByTime(10_000);
    hear("response.created");
    expect(types()).toEqual(["response.create"]);
  });

  test("asks for nothing when the line is closed", () => {
    turns.ask();
    turns.ask();
    turns.close();
    vi.advanceTimersByTime(60_000);
    expect(types()).toEqual(["response.create"]);
  });
});

describe("a response whose end is lost", () => {
  test("counts as done when nothing of it was heard for ten seconds", () => {
    hear("response.created");
    turns.ask();
    vi.advanceTimersByTime(9_000);
    hear("response.output_audio_transcript.delta");
    vi.advanceTimersByTime(9_000);
    expect(types()).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(types()).toEqual(["response.create"]);
  });

  test("is over when the server knows of none to cancel", () => {
    hear("response.created");
    turns.interrupt();
    turns.ask();
    turns.hear({ type: "error", error: { code: "response_cancel_not_active", event_id: null } });
    expect(types()).toEqual(["response.cancel", "response.create"]);
  });

  test("and whose beginning was lost is known by what comes of it", () => {
    turns.ask();
    hear("response.output_item.added");
    vi.advanceTimersByTime(9_000);
    hear("response.output_audio_transcript.delta");
    vi.advanceTimersByTime(9_000);
    turns.ask();
    expect(types()).toEqual(["response.create"]);
    hear("response.done");
    expect(types()).toEqual(["response.create", "response.create"]);
  });
});

describe("a refusal that does not name our request", () => {
  test.each([{ event_id: null }, {}, { event_id: "" }, { event_id: "event_of_the_servers" }])("is ours while we wait: %j", (named) => {
    turns.ask({ type: "response.create", response: { instructions: "Briefly." } });
    hear("response.created"); // another's
    turns.hear({ type: "error", error: { code: ACTIVE, ...named } });
    hear("response.done");
    expect(sent).toMatchObject([{ event_id: "response_1" }, { event_id: "response_2", response: { instructions: "Briefly." } }]);
  });

  test("that comes before the other response is told of is ours too", () => {
    turns.ask();
    turns.hear({ type: "error", error: { code: ACTIVE, event_id: null } });
    hear("response.created", "response.done");
    expect(types()).toEqual(["response.create", "response.create"]);
  });

  test.each<[string, () => void, string | null, ...string[]]>([
    ["is nothing to us when nothing was asked for", () => hear("response.created"), null],
    ["is the server's own when it names that", () => { turns.ask(); }, "voicemint-go-on"],
    ["is nothing to us when our answer is done", () => { turns.ask(); }, null, "response.created", "response.done"],
    ["is nothing to us when the person has stopped the answer", () => { turns.ask(); turns.interrupt(); }, null, "response.created"],
  ])("%s", (_, before, id, ...heard) => {
    before();
    hear(...heard);
    const asked = types().filter((type) => type === "response.create").length;
    turns.hear({ type: "error", error: { code: ACTIVE, event_id: id } });
    hear("response.created", "response.done");
    expect(types().filter((type) => type === "response.create")).toHaveLength(asked);
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
