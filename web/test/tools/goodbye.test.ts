import { beforeEach, describe, expect, test, vi } from "vitest";
import { call, host, settle, useTools, withTheSdk } from "../standins/tool-calls.ts";

useTools();

describe("a goodbye", () => {
  const played = { started: { type: "output_audio_buffer.started" }, stopped: { type: "output_audio_buffer.stopped" } };

  beforeEach(async () => {
    await withTheSdk();
    call.callTool("end_call");
    await settle();
  });

  test("ends the call when it has been heard", async () => {
    call.hear(played.stopped); // what was said before it
    call.hear(played.started);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(host.hangUp).not.toHaveBeenCalled();
    call.hear(played.stopped);
    await vi.advanceTimersByTimeAsync(500);
    expect(host.hangUp).toHaveBeenCalledOnce();
  });

  test("that nobody says ends the call too", async () => {
    await vi.advanceTimersByTimeAsync(8_000);
    expect(host.hangUp).toHaveBeenCalledOnce();
  });

  test.each([
    { type: "input_audio_buffer.speech_started" },
    { type: "conversation.item.added", item: { type: "message", role: "user", content: [{ type: "input_text", text: "Wait." }] } },
  ])("is off when the person goes on: $type", async (event) => {
    call.hear(played.started, event, played.stopped);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(host.hangUp).not.toHaveBeenCalled();
  });

  test("stands when a picture is sent by itself", async () => {
    const content = [{ type: "input_image", image_url: "data:image/jpeg;base64," }];
    call.hear({ type: "conversation.item.added", item: { type: "message", role: "user", content } });
    await vi.advanceTimersByTimeAsync(8_000);
    expect(host.hangUp).toHaveBeenCalledOnce();
  });

  test("is off when the call is over", async () => {
    call.become("ended");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(host.hangUp).not.toHaveBeenCalled();
  });
});
