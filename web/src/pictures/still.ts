/** One frame of a video as a JPEG small enough for one event on the data channel. */

import { signature, SIGNATURE_HEIGHT, SIGNATURE_WIDTH } from "./picture-change.ts";

export interface Step {
  /** Pixels of the longer side. */
  readonly side: number;
  /** JPEG quality, 0 to 1. */
  readonly quality: number;
}

// From what a model reads well down to what any scene fits into.
const STEPS: readonly Step[] = [
  { side: 768, quality: 0.6 },
  { side: 768, quality: 0.45 },
  { side: 640, quality: 0.45 },
  { side: 512, quality: 0.45 },
  { side: 384, quality: 0.4 },
  { side: 256, quality: 0.35 },
];

/** The first encoding that fits, from the best one down; undefined when none does. Pure. */
export function shrink(encode: (step: Step) => string, fits: (url: string) => boolean): string | undefined {
  for (const step of STEPS) {
    const url = encode(step);
    if (fits(url)) return url;
  }
  return undefined;
}

/** Width and height with the longer side at most `side`, never enlarged. Pure. */
export function scaled(width: number, height: number, side: number): readonly [number, number] {
  const factor = Math.min(1, side / Math.max(width, height));
  return [Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor))];
}

/** Takes stills from a stream; iPadOS plays it only muted and inline. */
export class Viewfinder {
  readonly #video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
  readonly #canvas = document.createElement("canvas");
  readonly #small = Object.assign(document.createElement("canvas"), { width: SIGNATURE_WIDTH, height: SIGNATURE_HEIGHT });

  constructor(stream: MediaStream) {
    this.#video.srcObject = stream;
    void this.#video.play().catch(() => undefined); // without a frame there is no picture, and the caller reports that
  }

  /** The present frame as a data URI that `fits`; undefined when there is no frame yet, or none that fits. */
  take(fits: (url: string) => boolean): string | undefined {
    return this.isReady ? shrink((step) => this.#encode(step), fits) : undefined;
  }

  get isReady(): boolean {
    return this.#video.videoWidth > 0 && this.#video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
  }

  /** Calls back with the first frame. */
  onReady(act: () => void): void {
    this.#video.addEventListener("loadeddata", act, { once: true });
  }

  /** What the present frame looks like, to be compared with another. */
  signature(): Uint8Array {
    const drawing = this.#small.getContext("2d", { willReadFrequently: true });
    drawing?.drawImage(this.#video, 0, 0, SIGNATURE_WIDTH, SIGNATURE_HEIGHT);
    return signature(drawing?.getImageData(0, 0, SIGNATURE_WIDTH, SIGNATURE_HEIGHT).data ?? new Uint8ClampedArray());
  }

  close(): void {
    this.#video.srcObject = null;
  }

  #encode({ side, quality }: Step): string {
    const [width, height] = scaled(this.#video.videoWidth, this.#video.videoHeight, side);
    Object.assign(this.#canvas, { width, height });
    this.#canvas.getContext("2d")?.drawImage(this.#video, 0, 0, width, height);
    return this.#canvas.toDataURL("image/jpeg", quality);
  }
}
