/**
 * When a client secret is fetched ahead of the tap: at a look at the page and, after a few that led to no call, only when
 * a pointer or the focus comes to the button. Each counts against the person's share of the day, used or not.
 */

import type { Store } from "../device/store.ts";

const LOOKS = 3; // per day, that led to no call
const AIMS = 8; // the same, looks included: a person who only looks does not use up their share
const USABLE_MS = 55_000; // one that was fetched is still there
const DAY_MS = 86_400_000;

export class Ahead {
  readonly #store: Store;
  readonly #now: () => number;
  #fetchedAt = Number.NEGATIVE_INFINITY;

  /** `now`: milliseconds since 1970. */
  constructor(store: Store, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
  }

  /** Somebody looks at the page: whether one may be fetched. */
  look(): boolean {
    return this.#take(LOOKS);
  }

  /** Somebody is about to press the button: likewise. */
  aim(): boolean {
    return this.#take(AIMS);
  }

  /** A call began: the count starts anew. */
  used(): void {
    this.#fetchedAt = Number.NEGATIVE_INFINITY;
    this.#store.write({ day: this.#today(), unused: 0 });
  }

  #take(limit: number): boolean {
    if (this.#now() - this.#fetchedAt < USABLE_MS) return true; // costs nothing
    const unused = this.#unused();
    if (unused >= limit) return false;
    this.#fetchedAt = this.#now();
    this.#store.write({ day: this.#today(), unused: unused + 1 });
    return true;
  }

  #unused(): number {
    const { day, unused } = this.#store.read();
    return day === this.#today() && typeof unused === "number" ? unused : 0;
  }

  #today(): number {
    return Math.floor(this.#now() / DAY_MS);
  }
}
