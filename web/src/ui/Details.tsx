import "../styles/sheet-content.css";
import { ConnectionFigures } from "./ConnectionFigures.tsx";
import { CostFigures } from "./CostFigures.tsx";
import { Inspector } from "./Inspector.tsx";
import { LatencyFigures } from "./LatencyFigures.tsx";
import type { Parts } from "./parts.ts";

/** What a call does, waits, costs and says on the wire. */
export function Details(parts: Parts) {
  return (
    <>
      <div class="figures">
        <ConnectionFigures {...parts} />
        <LatencyFigures {...parts} />
      </div>
      <CostFigures {...parts} />
      <Inspector {...parts} />
    </>
  );
}
