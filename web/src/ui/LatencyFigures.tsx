import { milliseconds } from "../language/figures.ts";
import { median } from "../readings/latency.ts";
import { sheetWords } from "../language/sheet-words.ts";
import type { Parts } from "./parts.ts";
import { Sparkline } from "./Sparkline.tsx";

/** How long the person waited: for the first sound, and for each answer. */
export function LatencyFigures({ page }: Parts) {
  const { latency, firstSound, answerTime, ofTurns } = sheetWords.value;
  const { firstSound: first, answers } = page.latency.value;
  const last = answers.at(-1);
  const middle = median(answers);
  return (
    <section class="card">
      <h3>{latency}</h3>
      <p class="figure">
        <strong>{first === undefined ? "–" : milliseconds(first)}</strong>
        <span>{firstSound}</span>
      </p>
      <p class="figure">
        <strong>{last === undefined ? "–" : milliseconds(last)}</strong>
        <span>{answerTime}</span>
      </p>
      {answers.length > 1 && middle !== undefined && (
        <div class="spark-row">
          <Sparkline values={answers} label={`${answerTime}: ${answers.map(milliseconds).join(", ")}`} />
          <span>
            {ofTurns(answers.length)}: x̃ {milliseconds(middle)}
          </span>
        </div>
      )}
    </section>
  );
}
