/**
 * One clock for everything that is over after a while. `performance.now()` stands still on several systems while the
 * device sleeps, and `Date.now()` can be set: this one counts what either of them counts, and never goes back.
 */

const JUMP_MS = 1_000; // less is how the two differ anyway
const LOOK_MS = 5_000; // after waking, what was due in the meantime is late by no more

let gap = wallAhead();
let asleep = 0;

/** Milliseconds since the page was opened, the time asleep included. */
export function elapsed(): number {
  const jump = wallAhead() - gap;
  if (Math.abs(jump) > JUMP_MS) {
    gap += jump;
    asleep += Math.max(0, jump); // a clock that was set back takes nothing away
  }
  return performance.now() + asleep;
}

/** Does this once after `milliseconds`, the time asleep included, unless the returned function is called before. */
export function after(milliseconds: number, act: () => void): () => void {
  const dueAt = elapsed() + milliseconds;
  let timer: ReturnType<typeof setTimeout>;
  const look = () => {
    const left = dueAt - elapsed();
    if (left <= 0) act();
    else timer = setTimeout(look, Math.min(left, LOOK_MS));
  };
  timer = setTimeout(look, Math.min(milliseconds, LOOK_MS));
  return () => clearTimeout(timer);
}

/** Stops what was never begun. */
export function nothing(): void {
  // There is nothing to stop.
}

function wallAhead(): number {
  return Date.now() - performance.now();
}
