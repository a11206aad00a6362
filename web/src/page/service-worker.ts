/**
 * Keeps the files of this version of the page, and serves them whether there is a network or not. Pages of earlier
 * versions that are still open find theirs too. It never touches /api/ or another origin: calls, sign-in and logs are
 * always the network's.
 */

/** A name that changes with the build; all files that are kept ahead; and those kept once they were asked for. */
declare const SHELL: { readonly version: string; readonly files: readonly string[]; readonly later: readonly string[] };

const worker = globalThis as unknown as Worker;
const PREFIX = "voicemint-";
const CACHE = PREFIX + SHELL.version;
/** The version of each open page: the page's id → the name of its cache. */
const PAGES = `${PREFIX}pages`;

worker.addEventListener("install", (event) => {
  // If the browser supports static routes, requests to the functions bypass this worker.
  event.addRoutes?.([{ condition: { urlPattern: { pathname: "/api/*" } }, source: "network" }]).catch(() => undefined);
  event.waitUntil(store());
});

worker.addEventListener("activate", (event) => event.waitUntil(dropUnused()));

worker.addEventListener("message", ({ data }) => {
  if (data === "take over") void worker.skipWaiting();
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== worker.location.origin || pathname.startsWith("/api/")) return;
  if (request.mode === "navigate") {
    event.respondWith(serve("/", request));
    event.waitUntil(notePage(event.resultingClientId));
  } else if (pathname.startsWith("/assets/")) serveAsset(pathname, event);
  else if (SHELL.files.includes(pathname)) event.respondWith(serve(pathname, request));
});

async function store(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL.files.map((file) => new Request(file, { cache: "reload" })));
}

async function serve(file: string, request: Request): Promise<Response> {
  return (await caches.match(file, { cacheName: CACHE })) ?? fetch(request);
}

/** The name of an asset changes with its content: whichever version has it, it is the right one. */
function serveAsset(file: string, event: FetchEvent): void {
  const answer = caches.match(file).then((kept) => kept ?? fetchAnew(event.request));
  if (SHELL.later.includes(file)) event.waitUntil(answer.then((whole) => keep(file, whole.clone()))); // before it is read
  event.respondWith(answer);
}

async function keep(file: string, answer: Response): Promise<void> {
  if (answer.ok && (await caches.match(file)) === undefined) await (await caches.open(CACHE)).put(file, answer);
}

/** Fetches past the HTTP cache if a file is missing: between two releases, the cache may remember a 404. */
async function fetchAnew(request: Request): Promise<Response> {
  const answer = await fetch(request);
  return answer.ok ? answer : fetch(request, { cache: "reload" });
}

async function notePage(id: string | undefined): Promise<void> {
  const pages = await caches.open(PAGES);
  const open = await openPages();
  const gone = (await pages.keys()).filter(({ url }) => !open.includes(new URL(url).pathname));
  await Promise.all(gone.map((page) => pages.delete(page)));
  if (id) await pages.put(`/${id}`, new Response(CACHE));
}

/** Deletes the files of other versions, except those of open pages. Keeps all if the version of an open page is unknown. */
async function dropUnused(): Promise<void> {
  const pages = await caches.open(PAGES);
  const noted = await Promise.all((await openPages()).map(async (page) => (await pages.match(page))?.text()));
  if (noted.includes(undefined)) return;
  const kept = [CACHE, PAGES, ...noted];
  const unused = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && !kept.includes(name));
  await Promise.all(unused.map((name) => caches.delete(name)));
}

async function openPages(): Promise<readonly string[]> {
  const open = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  return open.map(({ id }) => `/${id}`);
}

/** What TypeScript's page library does not know: the few parts of a service worker that are used above. */
interface Worker {
  readonly location: Location;
  readonly clients: { matchAll(which: { type: "window"; includeUncontrolled: true }): Promise<readonly { readonly id: string }[]> };
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

interface FetchEvent extends Extendable {
  readonly request: Request;
  /** Missing in older browsers. */
  readonly resultingClientId?: string;
  respondWith(response: Promise<Response>): void;
}
