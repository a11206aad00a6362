/** The parts of the page that are loaded when they are needed: what is heard when one does not come. */

/** The event of the window by which Vite's builds tell it, for every `import()` there is. */
const MISSING = "vite:preloadError";

/** A release took it off the site, or the network failed. Whoever needed it hears of it too. */
export function onMissingPiece(act: () => void): void {
  addEventListener(MISSING, act);
}
