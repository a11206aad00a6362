/** A microphone check before the first call: the level moves, and after something loud enough it is heard. */

import { Emitter } from "../protocol/emitter.ts";
import { measure } from "./levels.ts";
import { openTrack, type MicrophoneWish } from "./capture.ts";
import { asProblem, type CallProblem } from "../protocol/problems.ts";

export type MicrophoneCheck =
  | { readonly kind: "none" }
  | { readonly kind: "listening" }
  | { readonly kind: "heard" }
  | { readonly kind: "silent" }
  /** The browser does not let the page measure it, or did not during the check. */
  | { readonly kind: "unmeasured" }
  | { readonly kind: "problem"; readonly problem: CallProblem };

export interface CheckEvents {
  readonly check: MicrophoneCheck;
  readonly stream: MediaStream | undefined;
}

const CHECK_MS = 10_000;
const AUDIBLE = 0.45; // of the loudness scale: a voice, not a fan
const AUDIBLE_TIMES = 4;

export class MicrophoneTest extends Emitter<CheckEvents> {
  #running = new AbortController();

  /** Call it inside a tap. */
  async start(wish: MicrophoneWish): Promise<void> {
    this.stop();
    const running = new AbortController();
    this.#running = running;
    this.emit("check", { kind: "listening" });
    try {
      const track = await openTrack(wish);
      if (running.signal.aborted) track.stop();
      else this.#listen(track, running.signal);
    } catch (error) {
      if (!running.signal.aborted) this.emit("check", { kind: "problem", problem: asProblem(error) });
    }
  }

  /** Ends a check that is under way; the result of one that is over stays. */
  stop(): void {
    if (this.#running.signal.aborted) return;
    this.#running.abort();
    this.emit("check", { kind: "none" });
  }

  #listen(track: MediaStreamTrack, signal: AbortSignal): void {
    const stream = new MediaStream([track]);
    let loud = 0;
    let isMeasured = false;
    const stopMeasuring = measure(stream, (level) => {
      isMeasured = true;
      loud += level >= AUDIBLE ? 1 : 0;
      if (loud === AUDIBLE_TIMES) this.#finish("heard");
    });
    const timer = setTimeout(() => this.#finish(isMeasured ? "silent" : "unmeasured"), CHECK_MS);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      stopMeasuring?.();
      track.stop();
      this.emit("stream", undefined);
    });
    if (stopMeasuring === undefined) this.#finish("unmeasured");
    else this.emit("stream", stream);
  }

  #finish(kind: "heard" | "silent" | "unmeasured"): void {
    if (this.#running.signal.aborted) return; // what stops the meter tells it a last level
    this.#running.abort();
    this.emit("check", { kind });
  }
}
