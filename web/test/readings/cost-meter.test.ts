import { beforeEach, expect, test, vi } from "vitest";
import { noCost, type CallCost } from "../../src/readings/call-cost.ts";
import { CostMeter } from "../../src/readings/cost-meter.ts";

const CREATED = { type: "session.created", session: { model: "gpt-realtime-2.1" } };
const ANSWER = { type: "response.done", response: { usage: { output_token_details: { audio_tokens: 1_000_000 } } } };

let cost: CallCost;

beforeEach(() => {
  cost = noCost;
});

test("what was heard before the price table is there is counted with it, in order", async () => {
  const meter = new CostMeter((now) => (cost = now));
  meter.hear(CREATED);
  meter.hear(ANSWER);
  meter.hear(ANSWER);
  expect(cost).toBe(noCost);
  await vi.waitFor(() => expect(cost.turns).toHaveLength(2));
  expect(cost).toMatchObject({ model: "gpt-realtime-2.1", total: { audio: { output: 2_000_000 } } });
});

test("nothing of a call is counted in the next one", async () => {
  const meter = new CostMeter((now) => (cost = now));
  meter.hear(CREATED);
  meter.hear(ANSWER);
  meter.clear();
  await import("../../src/readings/cost.ts");
  await Promise.resolve();
  expect(cost).toBe(noCost);
});
