import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { RealtimeEvent } from "../../src/protocol/events.ts";
import { ResponseQueue } from "../../src/turns/response-queue.ts";

let sent: RealtimeEvent[];
let queue: ResponseQueue;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  queue = new ResponseQueue((event) => sent.push(event));
});

afterEach(() => {
  vi.useRealTimers();
});

function types(): string[] {
  return sent.map(({ type }) => type);
}

function hear(...heard: string[]): void {
  for (const type of heard) queue.hear({ type });
}

function refuse(code: string): void {
  queue.hear({ type: "error", error: { code, event_id: sent.at(-1)?.event_id } });
}

describe("asking for a response", () => {
  test("is done at once when nobody is answering", () => {
    queue.ask();
    expect(types()).toEqual(["response.create"]);
  });

  test("waits until the present response is done", () => {
    hear("response.created");
    queue.ask();
    expect(types()).toEqual([]);
    hear("response.done");
    expect(types()).toEqual(["response.create"]);
  });

  test("is repeated when a spoken turn was answered first", () => {
    queue.ask();
    hear("response.created"); // the answer to the spoken turn
    refuse("conversation_already_has_active_response");
    hear("response.done");
    expect(types()).toEqual(["response.create", "response.create"]);
  });

  test("is free again after a refusal", () => {
    queue.ask();
    refuse("invalid_value");
    queue.ask();
    expect(types()).toEqual(["response.create", "response.create"]);
  });

  test("is not freed by somebody else's error", () => {
    queue.ask();
    queue.hear({ type: "error", error: { code: "invalid_value", event_id: "another" } });
    queue.ask();
    expect(types()).toEqual(["response.create"]);
  });
});

const ACTIVE = "conversation_already_has_active_response";

describe("a request of which nothing is heard", () => {
  test("counts as none after ten seconds, and what waits is asked for", () => {
    queue.ask();
    vi.advanceTimersByTime(6_000);
    queue.ask();
    vi.advanceTimersByTime(3_000);
    expect(types()).toEqual(["response.create"]);
    vi.advanceTimersByTime(1_000);
    expect(types()).toEqual(["response.create", "response.create"]);
  });

  test("is not repeated by itself, and the next one goes out at once", () => {
    queue.ask();
    vi.advanceTimersByTime(60_000);
    expect(types()).toEqual(["response.create"]);
    queue.ask();
    expect(types()).toEqual(["response.create", "response.create"]);
  });

  test("that is interrupted does not cancel the next answer", () => {
    queue.ask();
    queue.interrupt();
    vi.advanceTimersByTime(10_000);
    hear("response.created");
    expect(types()).toEqual(["response.create"]);
  });

  test("asks for nothing when the line is closed", () => {
    queue.ask();
    queue.ask();
    queue.close();
    vi.advanceTimersByTime(60_000);
    expect(types()).toEqual(["response.create"]);
  });
});

describe("a response whose end is lost", () => {
  test("counts as done when nothing of it was heard for ten seconds", () => {
    hear("response.created");
    queue.ask();
    vi.advanceTimersByTime(9_000);
    hear("response.output_audio_transcript.delta");
    vi.advanceTimersByTime(9_000);
    expect(types()).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(types()).toEqual(["response.create"]);
  });

  test("is over when the server knows of none to cancel", () => {
    hear("response.created");
    queue.interrupt();
    queue.ask();
    queue.hear({ type: "error", error: { code: "response_cancel_not_active", event_id: null } });
    expect(types()).toEqual(["response.cancel", "response.create"]);
  });

  test("and whose beginning was lost is known by what comes of it", () => {
    queue.ask();
    hear("response.output_item.added");
    vi.advanceTimersByTime(9_000);
    hear("response.output_audio_transcript.delta");
    vi.advanceTimersByTime(9_000);
    queue.ask();
    expect(types()).toEqual(["response.create"]);
    hear("response.done");
    expect(types()).toEqual(["response.create", "response.create"]);
  });
});

describe("a refusal that does not name our request", () => {
  test.each([{ event_id: null }, {}, { event_id: "" }, { event_id: "event_of_the_servers" }])("is ours while we wait: %j", (named) => {
    queue.ask({ type: "response.create", response: { instructions: "Briefly." } });
    hear("response.created"); // another's
    queue.hear({ type: "error", error: { code: ACTIVE, ...named } });
    hear("response.done");
    expect(sent).toMatchObject([{ event_id: "response_1" }, { event_id: "response_2", response: { instructions: "Briefly." } }]);
  });

  test("that comes before the other response is told of is ours too", () => {
    queue.ask();
    queue.hear({ type: "error", error: { code: ACTIVE, event_id: null } });
    hear("response.created", "response.done");
    expect(types()).toEqual(["response.create", "response.create"]);
  });

  test.each<[string, () => void, string | null, ...string[]]>([
    ["is nothing to us when nothing was asked for", () => hear("response.created"), null],
    ["is the server's own when it names that", () => { queue.ask(); }, "voicemint-go-on"],
    ["is nothing to us when our answer is done", () => { queue.ask(); }, null, "response.created", "response.done"],
    ["is nothing to us when the person has stopped the answer", () => { queue.ask(); queue.interrupt(); }, null, "response.created"],
  ])("%s", (_, before, id, ...heard) => {
    before();
    hear(...heard);
    const asked = types().filter((type) => type === "response.create").length;
    queue.hear({ type: "error", error: { code: ACTIVE, event_id: id } });
    hear("response.created", "response.done");
    expect(types().filter((type) => type === "response.create")).toHaveLength(asked);
  });
});

describe("interrupting", () => {
  test("cancels the response and clears what is still to be heard", () => {
    hear("response.created", "output_audio_buffer.started");
    queue.interrupt();
    expect(types()).toEqual(["response.cancel", "output_audio_buffer.clear"]);
  });

  test("clears the sound of a response that is complete but not heard to its end", () => {
    hear("response.created", "output_audio_buffer.started", "response.done");
    queue.interrupt();
    expect(types()).toEqual(["output_audio_buffer.clear"]);
  });

  test("sends nothing while nobody speaks", () => {
    hear("response.created", "output_audio_buffer.started", "response.done", "output_audio_buffer.stopped");
    queue.interrupt();
    expect(types()).toEqual([]);
  });

  test("cancels a response that was asked for as soon as there is one", () => {
    queue.ask();
    queue.interrupt();
    queue.ask();
    hear("response.created", "response.done");
    expect(types()).toEqual(["response.create", "response.cancel", "response.create"]);
  });
});
