import { expect, test } from "vitest";
import { readStats } from "../../src/connection/connection-stats.ts";

const PAIR = { id: "P", type: "candidate-pair", localCandidateId: "L", remoteCandidateId: "R", currentRoundTripTime: 0.0421 };
const LOCAL = { id: "L", type: "local-candidate", candidateType: "prflx", protocol: "udp" };
const REMOTE = { id: "R", type: "remote-candidate", candidateType: "host", address: "203.0.113.7", port: 3478 };
const SOUND = { id: "I", type: "inbound-rtp", kind: "audio", jitter: 0.003, packetsLost: 2, packetsReceived: 500 };

test("a connected call's route and figures", () => {
  const other = { ...PAIR, id: "Q", currentRoundTripTime: 9, nominated: true, state: "succeeded" };
  const transport = { id: "T", type: "transport", selectedCandidatePairId: "P" };
  expect(readStats([other, PAIR, LOCAL, REMOTE, SOUND, transport])).toEqual({
    route: "udp prflx → host 203.0.113.7:3478",
    roundTripMs: 42.1,
    jitterMs: 3,
    lost: 2,
    received: 500,
  });
});

test("the nominated pair where the transport names none, as in Safari", () => {
  const waiting = { ...PAIR, id: "Q", state: "waiting", currentRoundTripTime: 9 };
  expect(readStats([waiting, { ...PAIR, nominated: true, state: "succeeded" }]).roundTripMs).toBe(42.1);
});

test("nothing is told that is not known", () => {
  expect(readStats([null, 3, { type: "inbound-rtp", kind: "video", jitter: 1 }])).toEqual({
    route: undefined,
    roundTripMs: undefined,
    jitterMs: undefined,
    lost: undefined,
    received: undefined,
  });
});
