/** The parts of the page that are loaded when they are needed: what is heard when one does not come. */

/** The window event that Vite's builds send if any `import()` fails. */
const MISSING = "vite:preloadError";

/** A release took it off the site, or the network failed. Whoever needed it hears of it too. */
export function onMissingPiece(act: () => void): void {
  addEventListener(MISSING, act);
}
