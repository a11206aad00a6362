/** The wait before another attempt; shorter when there is reason to believe that it will succeed now. */

import { elapsed } from "../device/clock.ts";

const TICK_MS = 1_000;

export class Wait {
  #over = new AbortController();
  #resolve: (isDue: boolean) => void = () => undefined;
  #isNetworkBack = false;

  /** What ended the last wait was the word that the network is back: it may come a moment before the network does. */
  get isNetworkBack(): boolean {
    return this.#isNetworkBack;
  }

  /**
   * Resolves with true after `milliseconds`, or sooner: when the network is back or the page is looked at again; with
   * false when it is cancelled. `tick` gets the whole seconds that are left.
   */
  async until(milliseconds: number, tick: (secondsLeft: number) => void): Promise<boolean> {
    this.#over = new AbortController();
    this.#isNetworkBack = false;
    const { signal } = this.#over;
    const endsAt = elapsed() + milliseconds;
    const due = new Promise<boolean>((resolve) => (this.#resolve = resolve));
    const count = () => {
      const left = endsAt - elapsed();
      if (left <= 0) this.hurry();
      else tick(Math.ceil(left / 1000));
      if (left > 0) timer = setTimeout(count, Math.min(left, TICK_MS));
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    count();
    const hurry = () => {
      this.#isNetworkBack = true;
      this.hurry();
    };
    addEventListener("online", hurry, { signal });
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.hurry(), { signal });
    const isDue = await due;
    clearTimeout(timer);
    this.#over.abort();
    return isDue;
  }

  hurry(): void {
    this.#resolve(true);
  }

  cancel(): void {
    this.#resolve(false);
  }
}
