/** The few figures of a `getStats` report that show how well a call is connected. Pure. */

import { fields, text, type Fields } from "../protocol/events.ts";

export interface ConnectionStats {
  /** The chosen pair of ICE candidates: "udp host → host"; undefined until there is one. */
  readonly route: string | undefined;
  readonly roundTripMs: number | undefined;
  readonly jitterMs: number | undefined;
  readonly lost: number | undefined;
  readonly received: number | undefined;
}

interface Report {
  forEach(visit: (stats: unknown) => void): void;
}

export function readStats(report: Report): ConnectionStats {
  const all: Fields[] = [];
  report.forEach((stats) => all.push(fields(stats)));
  const pair = chosenPair(all);
  const inbound = all.find(({ type, kind }) => type === "inbound-rtp" && kind === "audio") ?? {};
  return {
    route: pair && routeOf(all, pair),
    roundTripMs: milliseconds(pair?.currentRoundTripTime),
    jitterMs: milliseconds(inbound.jitter),
    lost: number(inbound.packetsLost),
    received: number(inbound.packetsReceived),
  };
}

/** Safari names no pair in the transport: there it is the nominated one. */
function chosenPair(all: readonly Fields[]): Fields | undefined {
  const named = all.find(({ type }) => type === "transport")?.selectedCandidatePairId;
  const pairs = all.filter(({ type }) => type === "candidate-pair");
  return pairs.find(({ id }) => id === named) ?? pairs.find(({ nominated, state }) => nominated === true && state === "succeeded");
}

function routeOf(all: readonly Fields[], pair: Fields): string {
  const find = (candidate: unknown) => all.find(({ id }) => id === candidate) ?? {};
  const [local, remote] = [find(pair.localCandidateId), find(pair.remoteCandidateId)];
  const protocol = text(local.protocol) ?? text(remote.protocol) ?? "";
  const address = text(remote.address);
  const port = address === undefined ? "" : ` ${address}:${String(remote.port)}`;
  return `${protocol} ${text(local.candidateType) ?? "?"} → ${text(remote.candidateType) ?? "?"}${port}`.trim();
}

function milliseconds(seconds: unknown): number | undefined {
  const value = number(seconds);
  return value === undefined ? undefined : value * 1000;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
