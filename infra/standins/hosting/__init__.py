"""Firebase Hosting as the site's own firebase.json configures it: files, rewrites to functions, headers.

Follows production where the emulator does not: only the `__session` cookie reaches a function, files that
`ignore` names are not there, a body over 32 MiB is refused. Not there: the CDN's cache, `/__/` addresses.
https://firebase.google.com/docs/hosting/full-config
"""

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import aiohttp
from aiohttp import web

from standins.guard import GUARD, Guard
from standins.hosting.config import FirebaseConfigError, Site, load_site
from standins.hosting.early_answer import sockets_of_this_request
from standins.hosting.proxy import forward
from standins.hosting.static import not_found, static_answer
from standins.serving import BODIES_AS_SENT

__all__ = ["FirebaseConfigError", "create_app"]

TIMEOUT_SECONDS = 60
CONNECT_TIMEOUT_SECONDS = 5
SITE = web.AppKey("site", Site)
SESSION = web.AppKey("session", aiohttp.ClientSession)


def create_app(
    firebase_json: Path,
    services: Mapping[str, str],
    replacements: Mapping[str, str] | None = None,
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> web.Application:
    """Serve the site of `firebase_json`.

    `services` maps each Cloud Run service id of a rewrite to a base URL; `replacements` maps text in header
    values to what stands there locally. Raises FirebaseConfigError for what is not implemented or not known.
    """
    app = web.Application()
    app[BODIES_AS_SENT] = True
    app[GUARD] = Guard(hands_on=True)
    app[SITE] = load_site(firebase_json, services, replacements or {})
    app.cleanup_ctx.append(_session(timeout_seconds))
    app.on_response_prepare.append(_add_headers)
    app.router.add_route("*", "/{path:.*}", _answer)
    return app


def _session(timeout_seconds: float) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(app: web.Application) -> AsyncIterator[None]:
        timeout = aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=CONNECT_TIMEOUT_SECONDS)
        # None is kept: a function closes an idle one whenever it likes, also while a request is on its way to it.
        connector = aiohttp.TCPConnector(limit=0, force_close=True, socket_factory=sockets_of_this_request)
        async with aiohttp.ClientSession(
            timeout=timeout, connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
        ) as session:
            app[SESSION] = session
            yield

    return context


async def _answer(request: web.Request) -> web.StreamResponse:
    """Files first, then rewrites, then the 404 page: Hosting's order."""
    if request.method == "TRACE":
        return web.Response(status=405, text="TRACE is not served here.\n")
    site, path = request.app[SITE], _raw_path(request)
    answer: web.StreamResponse | None = static_answer(request, site, path)
    rewrite = site.rewrite(path) if answer is None else None
    if rewrite is not None:
        answer = await forward(request, path, rewrite, request.app[SESSION])
    return not_found(request, site) if answer is None else answer


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """firebase.json's headers go on every answer, last and over what is there."""
    for key, value in request.app[SITE].headers(_raw_path(request)):
        response.headers[key] = value


def _raw_path(request: web.Request) -> str:
    """The path as it was sent: globs and the function must not see it decoded."""
    return request.raw_path.partition("?")[0] if request.raw_path.startswith("/") else request.rel_url.raw_path
