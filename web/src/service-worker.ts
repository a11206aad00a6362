/**
 * Keeps the files of this version of the page, and serves them whether there is a network or not. It never touches
 * /api/ or another origin: calls, sign-in and logs are always the network's.
 */

/** Every file of the build, and a name that changes with them: filled in by tools/service-worker-plugin.ts. */
declare const SHELL: { readonly version: string; readonly files: readonly string[] };

const worker = globalThis as unknown as Worker;
const CACHE = `voicemint-${SHELL.version}`;

worker.addEventListener("install", (event) => {
  // Straight to the network for the routes of the functions, where the browser can be told so: no detour by this worker.
  event.addRoutes?.([{ condition: { urlPattern: { pathname: "/api/*" } }, source: "network" }]).catch(() => undefined);
  event.waitUntil(store());
});

worker.addEventListener("activate", (event) => event.waitUntil(dropOlder()));

worker.addEventListener("message", ({ data }) => {
  if (data === "take over") void worker.skipWaiting();
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== worker.location.origin || pathname.startsWith("/api/")) return;
  if (request.mode === "navigate") event.respondWith(serve("/", request));
  else if (SHELL.files.includes(pathname)) event.respondWith(serve(pathname, request));
});

async function store(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL.files.map((file) => new Request(file, { cache: "reload" })));
}

async function dropOlder(): Promise<void> {
  const older = (await caches.keys()).filter((name) => name.startsWith("voicemint-") && name !== CACHE);
  await Promise.all(older.map((name) => caches.delete(name)));
}

async function serve(file: string, request: Request): Promise<Response> {
  return (await caches.match(file, { cacheName: CACHE })) ?? fetch(request);
}

/** What TypeScript's page library does not know: the few parts of a service worker that are used above. */
interface Worker {
  readonly location: Location;
  skipWaiting(): Promise<void>;
  addEventListener(name: "install", listener: (event: InstallEvent) => void): void;
  addEventListener(name: "activate", listener: (event: Extendable) => void): void;
  addEventListener(name: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(name: "fetch", listener: (event: FetchEvent) => void): void;
}

interface Extendable {
  waitUntil(work: Promise<unknown>): void;
}

interface InstallEvent extends Extendable {
  addRoutes?(routes: readonly unknown[]): Promise<void>;
}

interface FetchEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
