import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { RealtimeEvent } from "../../src/protocol/events.ts";
import { Microphone } from "../../src/sound/microphone.ts";
import { PushToTalk } from "../../src/turns/push-to-talk.ts";
import { TurnDetection } from "../../src/turns/turn-modes.ts";

const OWN = { type: "semantic_vad", eagerness: "low" };
const CREATED = { type: "session.created", session: { audio: { input: { turn_detection: OWN } } } };

function taking() {
  const sent: RealtimeEvent[] = [];
  const ask = vi.fn();
  return { sent, ask, taking: new TurnDetection((event) => sent.push(event), ask) };
}

function detections(sent: readonly RealtimeEvent[]): unknown[] {
  const updates = sent.filter(({ type }) => type === "session.update");
  return updates.map(({ session }) => (session as typeof CREATED.session).audio.input.turn_detection);
}

describe("a turn mode", () => {
  test("that is the agent's own changes nothing", () => {
    const { sent, taking: turns } = taking();
    turns.hear(CREATED);
    turns.take("hands_free");
    expect(sent).toEqual([]);
  });

  test("is told as a change of turn detection alone, and taken back to the agent's own", () => {
    const { sent, taking: turns } = taking();
    turns.hear(CREATED);
    turns.take("on_request");
    turns.take("push_to_talk");
    turns.take("hands_free");
    expect(detections(sent)).toEqual([{ ...OWN, create_response: false }, null, OWN]);
    expect(JSON.stringify(sent)).not.toContain("instructions");
  });

  test("waits until the session has said what its own is", () => {
    const { sent, taking: turns } = taking();
    turns.take("on_request");
    expect(sent).toEqual([]);
    turns.hear(CREATED);
    expect(detections(sent)).toEqual([{ ...OWN, create_response: false }]);
  });

  test("on request: an answer waits for the end of the sentence", () => {
    const { ask, taking: turns } = taking();
    turns.answer();
    expect(ask).toHaveBeenCalledTimes(1);
    turns.hear({ type: "input_audio_buffer.speech_started" });
    turns.answer();
    expect(ask).toHaveBeenCalledTimes(1);
    turns.hear({ type: "input_audio_buffer.committed" });
    expect(ask).toHaveBeenCalledTimes(2);
  });
});

describe("what was held", () => {
  const EMPTY = { type: "error", error: { code: "input_audio_buffer_commit_empty", event_id: null } };

  test("is answered when it has become a turn, and not before", () => {
    const { sent, ask, taking: turns } = taking();
    turns.finish();
    expect(sent).toEqual([{ type: "input_audio_buffer.commit" }]);
    expect(ask).not.toHaveBeenCalled();
    turns.hear({ type: "input_audio_buffer.committed" });
    expect(ask).toHaveBeenCalledTimes(1);
  });

  test("is not answered when it was nothing, nor is what comes after it in another mode", () => {
    const { ask, taking: turns } = taking();
    turns.finish();
    turns.hear(EMPTY);
    turns.hear({ type: "input_audio_buffer.committed" });
    turns.finish();
    turns.take("on_request");
    turns.hear({ type: "input_audio_buffer.committed" });
    expect(ask).not.toHaveBeenCalled();
  });
});

describe("an answer that is due at the end of the sentence", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  test("does not wait for ever for the word of it", () => {
    const { ask, taking: turns } = taking();
    turns.hear({ type: "input_audio_buffer.speech_started" });
    turns.answer();
    vi.advanceTimersByTime(9_000);
    expect(ask).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(ask).toHaveBeenCalledOnce();
    turns.answer();
    expect(ask).toHaveBeenCalledTimes(2);
  });

  test("waits for no sentence that was thrown away", () => {
    const { ask, taking: turns } = taking();
    turns.hear({ type: "input_audio_buffer.speech_started" });
    turns.hear({ type: "input_audio_buffer.cleared" });
    turns.answer();
    expect(ask).toHaveBeenCalledOnce();
  });

  test("is not asked for on a line that is closed", () => {
    const { ask, taking: turns } = taking();
    turns.hear({ type: "input_audio_buffer.speech_started" });
    turns.answer();
    turns.close();
    vi.advanceTimersByTime(60_000);
    expect(ask).not.toHaveBeenCalled();
  });
});

describe("push-to-talk", () => {
  let told: string[];
  let pushToTalk: PushToTalk;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    told = [];
    const turn = { begin: () => told.push("begin"), finish: () => told.push("finish"), cancel: () => told.push("cancel") };
    const microphone = new Microphone();
    vi.spyOn(microphone, "setHeldBack").mockImplementation((heldBack) => Promise.resolve(void told.push(heldBack ? "silent" : "heard")));
    pushToTalk = new PushToTalk(microphone, turn);
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  test("makes one turn of what is said between press and release, and a little after it", async () => {
    pushToTalk.hold();
    await vi.advanceTimersByTimeAsync(2_000);
    pushToTalk.release();
    expect(told).toEqual(["begin", "heard"]);
    await vi.advanceTimersByTimeAsync(300);
    expect(told).toEqual(["begin", "heard", "silent", "finish"]);
  });

  test("takes a slip of the finger for nothing", async () => {
    pushToTalk.hold();
    await vi.advanceTimersByTimeAsync(100);
    pushToTalk.release();
    await vi.advanceTimersByTimeAsync(300);
    expect(told.at(-1)).toBe("cancel");
  });

  test("goes on with the same turn when it is pressed again at once", async () => {
    pushToTalk.hold();
    await vi.advanceTimersByTimeAsync(1_000);
    pushToTalk.release();
    await vi.advanceTimersByTimeAsync(100);
    pushToTalk.hold();
    await vi.advanceTimersByTimeAsync(1_000);
    pushToTalk.release();
    await vi.advanceTimersByTimeAsync(300);
    expect(told.filter((step) => step === "begin" || step === "finish")).toEqual(["begin", "finish"]);
  });
});
