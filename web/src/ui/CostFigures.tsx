import type { Cost } from "../readings/call-cost.ts";
import { isPriced, modalities } from "../readings/cost.ts";
import { count, day, money } from "../language/figures.ts";
import { pricesAsOf, type Modality } from "../readings/prices.ts";
import { sheetWords } from "../language/sheet-words.ts";
import type { Parts } from "./parts.ts";
import { Sparkline } from "./Sparkline.tsx";

/** What the call costs, in money and by modality. */
export function CostFigures({ page }: Parts) {
  const all = sheetWords.value;
  const cost = page.cost.value;
  const left = page.minutesLeft.value;
  const { total, last, turns, model } = cost;
  return (
    <section class="card">
      <h3>{all.costTitle}</h3>
      <div class="figure-row">
        <p class="figure">
          <strong>{money(total.usd, true)}</strong>
          <span>{all.thisCall}</span>
        </p>
        <p class="figure">
          <strong>{last === undefined ? "–" : money(last.usd, true)}</strong>
          <span>{all.lastTurn}</span>
        </p>
        {turns.length > 1 && (
          <p class="figure">
            <Sparkline values={turns} label={`${all.turnsTitle}: ${turns.map((usd) => money(usd, true)).join(", ")}`} />
            <span>{all.ofTurns(turns.length)}</span>
          </p>
        )}
      </div>
      {left !== undefined && <p class="hint">{all.minutesLeft(count(left))}</p>}
      {turns.length > 0 && <Table cost={total} />}
      <p class="hint">{model !== "" && !isPriced(cost) ? all.noPrice(model) : all.pricesOf(day(pricesAsOf))}</p>
    </section>
  );
}

function Table({ cost }: { readonly cost: Cost }) {
  const { modality, modalities: names, input, cached, output, money: usd, transcription, total } = sheetWords.value;
  const used = modalities.filter((kind) => cost[kind].input + cost[kind].cached + cost[kind].output > 0);
  return (
    <table class="table">
      <thead>
        <tr>
          {[modality, input, cached, output, usd].map((heading) => (
            <th key={heading} scope="col">
              {heading}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {used.map((kind: Modality) => (
          <tr key={kind}>
            <th scope="row">{names[kind]}</th>
            <td>{count(cost[kind].input)}</td>
            <td>{count(cost[kind].cached)}</td>
            <td>{count(cost[kind].output)}</td>
            <td>{money(cost[kind].usd, true)}</td>
          </tr>
        ))}
        {cost.transcriptionUsd > 0 && (
          <tr>
            <th scope="row">{transcription}</th>
            <td colSpan={4}>{money(cost.transcriptionUsd, true)}</td>
          </tr>
        )}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{total}</th>
          <td colSpan={4}>{money(cost.usd, true)}</td>
        </tr>
      </tfoot>
    </table>
  );
}
