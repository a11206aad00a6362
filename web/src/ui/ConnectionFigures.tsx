import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { readStats, type ConnectionStats } from "../connection/connection-stats.ts";
import { count, milliseconds } from "../language/figures.ts";
import { sheetWords } from "../language/sheet-words.ts";
import type { Parts } from "./parts.ts";

const EVERY_MS = 1_000;

/** How the call is connected. Reads the browser's statistics only while this is shown. */
export function ConnectionFigures({ page, controls }: Parts) {
  const stats = useSignal<ConnectionStats | undefined>(undefined);
  useEffect(() => {
    let isOpen = true;
    const look = async () => {
      const report = await controls.stats().catch(() => undefined);
      if (isOpen) stats.value = report && readStats(report);
    };
    void look();
    const timer = setInterval(() => void look(), EVERY_MS);
    return () => {
      isOpen = false;
      clearInterval(timer);
    };
  }, []);
  const all = sheetWords.value;
  const { route, roundTripMs, jitterMs, lost, received } = stats.value ?? {};
  const share = lost === undefined || received === undefined ? undefined : `${count(lost)} / ${count(lost + received)}`;
  const rows: [string, string | undefined][] = [
    [all.status, all.states[page.call.value]],
    [all.microphoneState, all.microphones[controls.microphone.value]],
    [all.callId, page.callId.value],
    [all.route, route],
    [all.roundTrip, roundTripMs === undefined ? undefined : milliseconds(roundTripMs)],
    [all.jitter, jitterMs === undefined ? undefined : milliseconds(jitterMs)],
    [all.lost, share],
  ];
  return (
    <section class="card">
      <h3>{all.connection}</h3>
      <dl class="rows">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value === undefined || value === "" ? "–" : value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
