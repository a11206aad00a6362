/** Whether two pictures differ enough to be worth sending again. Pure. */

export const SIGNATURE_WIDTH = 32;
export const SIGNATURE_HEIGHT = 24;

const CHANGED_LUMA = 24; // of 255: noise and flicker stay below
const CHANGED_SHARE = 0.02; // of the picture: a line of text on a screen is more

/** The brightness of each pixel of RGBA data, 0 to 255. */
export function signature(rgba: Uint8ClampedArray): Uint8Array {
  const luma = new Uint8Array(rgba.length / 4);
  for (let at = 0; at < luma.length; at += 1) {
    const [red = 0, green = 0, blue = 0] = rgba.subarray(at * 4, at * 4 + 3);
    luma[at] = 0.299 * red + 0.587 * green + 0.114 * blue;
  }
  return luma;
}

export function hasChanged(before: Uint8Array | undefined, now: Uint8Array): boolean {
  if (before === undefined) return true;
  const changed = now.reduce((count, luma, at) => count + (Math.abs(luma - (before[at] ?? 0)) > CHANGED_LUMA ? 1 : 0), 0);
  return changed / now.length >= CHANGED_SHARE;
}
