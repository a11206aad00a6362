const WIDTH = 120;
const HEIGHT = 32;
const EDGE = 3;

interface Props {
  readonly values: readonly number[];
  /** The numbers, for people who cannot see the line. */
  readonly label: string;
}

/** A line of numbers, from nothing at the bottom to the largest at the top. */
export function Sparkline({ values, label }: Props) {
  const largest = Math.max(...values) || 1;
  const x = (at: number) => EDGE + (at / Math.max(values.length - 1, 1)) * (WIDTH - 2 * EDGE);
  const y = (value: number) => HEIGHT - EDGE - (value / largest) * (HEIGHT - 2 * EDGE);
  const points = values.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
  const last = values.at(-1) ?? 0;
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <polyline points={points.join(" ")} />
      <circle cx={x(values.length - 1)} cy={y(last)} r="2.5" />
    </svg>
  );
}
