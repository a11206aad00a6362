/** Keeps the page itself on this device, so that it opens without a network, and says when there is a newer version. */

import { elapsed } from "../device/clock.ts";
import { onMissingPiece } from "../device/pieces.ts";

const WORKER = "/service-worker.js";
const LOOK_AGAIN_MS = 3_600_000; // a page on a home screen stays open for days
const PATIENCE_MS = 15_000; // a newer version may still be on its way over a slow network

/** Calls `told` as soon as loading the page again would bring another version of it. */
export async function keepOffline(told: () => void): Promise<void> {
  if (!("serviceWorker" in navigator)) return; // not on pages that are not secure
  const { serviceWorker } = navigator;
  const registration = await serviceWorker.register(trusted(WORKER));
  const watch = () => {
    const { installing, active } = registration;
    if (active === null) return; // the first one is of this very page
    installing?.addEventListener("statechange", () => installing.state === "installed" && told());
  };
  if (registration.waiting !== null) told();
  watch(); // one that was found while this page was loading
  registration.addEventListener("updatefound", watch);
  serviceWorker.addEventListener("controllerchange", told); // another tab has changed over
  lookAgain(registration);
}

/** Reloads the page, in its newest version if there is a newer one. */
export async function renew(): Promise<void> {
  const reload = once(() => location.reload());
  setTimeout(reload, PATIENCE_MS); // whatever the worker does
  const registration = "serviceWorker" in navigator ? await navigator.serviceWorker.getRegistration() : undefined;
  const next = registration?.waiting ?? registration?.installing ?? (await newest(registration));
  if (next) changeOver(next, reload);
  else reload(); // another tab has changed over already, or there is none
}

/** A newer version that no event has announced yet, for example if a file was missing before the first check. */
async function newest(registration: ServiceWorkerRegistration | undefined): Promise<ServiceWorker | null | undefined> {
  await registration?.update().catch(() => undefined);
  return registration?.installing ?? registration?.waiting;
}

function changeOver(next: ServiceWorker, reload: () => void): void {
  const step = () => {
    if (next.state === "installed") next.postMessage("take over");
    else if (next.state !== "installing") reload();
  };
  next.addEventListener("statechange", step);
  step();
}

/** A second reload would break off the first. */
function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}

/** Looks for a newer version once an hour, and when a file of this one is missing. */
function lookAgain(registration: ServiceWorkerRegistration): void {
  let looked = elapsed();
  const update = () => {
    looked = elapsed();
    registration.update().catch(() => undefined); // without a network: at the next look
  };
  const look = () => {
    if (document.visibilityState === "visible" && elapsed() - looked >= LOOK_AGAIN_MS) update();
  };
  onMissingPiece(update);
  setInterval(look, LOOK_AGAIN_MS / 10);
  document.addEventListener("visibilitychange", look);
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
