/** Keeps the page itself on this device, so that it opens without a network, and tells when a newer one waits. */

const WORKER = "/service-worker.js";
const SETTLED_MS = 1_500; // a tap at once finds the network free
const LOOK_AGAIN_MS = 3_600_000; // a page on a home screen stays open for days

/** `told` gets what changes over to the newer version: the page is loaded again. */
export function keepOffline(told: (changeOver: () => void) => void): void {
  if (!("serviceWorker" in navigator)) return; // not on pages that are not secure
  const register = () => void keep(told).catch(() => undefined); // refused, as in some private windows: only less comfort
  const later = () => setTimeout(register, SETTLED_MS);
  if (document.readyState === "complete") later();
  else addEventListener("load", later, { once: true });
}

async function keep(told: (changeOver: () => void) => void): Promise<void> {
  const registration = await navigator.serviceWorker.register(trusted(WORKER));
  const tell = (waiting: ServiceWorker | null) => {
    if (waiting !== null && navigator.serviceWorker.controller !== null) told(() => changeOver(waiting));
  };
  tell(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const { installing } = registration;
    installing?.addEventListener("statechange", () => installing.state === "installed" && tell(installing));
  });
  setInterval(() => void registration.update().catch(() => undefined), LOOK_AGAIN_MS);
}

function changeOver(waiting: ServiceWorker): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  waiting.postMessage("take over");
}

/** The page's policy lets this one address be a worker's script, and no other. */
function trusted(url: typeof WORKER): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypePolicies };
  if (trustedTypes === undefined) return url;
  return trustedTypes.createPolicy("service-worker", { createScriptURL: () => WORKER }).createScriptURL(url);
}

interface TrustedTypePolicies {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL(url: string): string };
}
