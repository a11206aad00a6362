/** Keeps the screen on during a call; browsers let go of it whenever the page is hidden. */
export class WakeLock {
  #isWanted = false;
  #lock: WakeLockSentinel | undefined;
  #isAsking = false;

  constructor() {
    document.addEventListener("visibilitychange", () => void this.#take());
  }

  get isWanted(): boolean {
    return this.#isWanted;
  }

  hold(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    void this.#take();
  }

  release(): void {
    this.#isWanted = false;
    void this.#lock?.release();
    this.#lock = undefined;
  }

  /** Refused on low battery and missing in old browsers: the call continues without it. */
  async #take(): Promise<void> {
    if (!this.#isWanted || !("wakeLock" in navigator) || document.visibilityState === "hidden") return;
    if (this.#isAsking || this.#lock?.released === false) return; // a second lock would never be let go
    this.#isAsking = true;
    this.#lock = await navigator.wakeLock.request("screen").catch(() => undefined);
    this.#isAsking = false;
    if (!this.isWanted) this.release(); // the call ended while the browser thought about it
  }
}
