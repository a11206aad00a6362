"""A function to put behind Hosting: it answers as the query's `reply` says, or tells what it received."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from standins.guard import GUARD, Guard
from standins.serving import BODIES_AS_SENT

COOKIES = {"Set-Cookie": "__session=made-by-the-function; Path=/; HttpOnly"}
PRIVATE = {"Cache-Control": "private, no-store"}
PUBLIC = {"Cache-Control": "public, max-age=60"}
REPLIES: Mapping[str, tuple[int, Mapping[str, str], str]] = {
    "created": (201, {"Location": "/api/calls/rtc_1"}, "created"),
    "no-content": (204, {}, ""),
    "not-modified": (304, {"ETag": '"x"'}, ""),
    "found-elsewhere": (302, {"Location": "https://example.com/there?a=b"}, ""),
    "see-relative": (303, {"Location": "../there"}, ""),
    "unauthorized": (401, {**PRIVATE, "WWW-Authenticate": "Bearer"}, '{"error":{}}'),
    "missing": (404, PRIVATE, '{"error":{"code":"not_found"}}'),
    "passed-on": (404, {"X-Cascade": "pass"}, "never seen"),
    "too-many": (429, {**PRIVATE, "Retry-After": "7"}, "{}"),
    "crash": (500, {"X-Google-Status": "crash"}, "Internal Server Error"),
    "busy": (503, PRIVATE, "{}"),
    "cookie-private": (200, {**COOKIES, **PRIVATE}, "ok"),
    "cookie-public": (200, {**COOKIES, **PUBLIC}, "ok"),
    "cookie-unsaid": (200, COOKIES, "ok"),
    "own-headers": (200, {"X-Frame-Options": "DENY", "Referrer-Policy": "origin", "X-Own": "1"}, "ok"),
    "own-vary": (200, {"Vary": "x-own, Accept-Encoding"}, "ok"),
}
SEEN_HEADERS = (
    "Accept",
    "Content-Encoding",
    "Content-Type",
    "Cookie",
    "Origin",
    "X-Custom",
    "X-Forwarded-Host",
    "X-Original-Url",
)


def create_app() -> web.Application:
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app[BODIES_AS_SENT] = True
    app[GUARD] = Guard(also_named=lambda _host: True, hands_on=True)  # a function, which is no stand-in
    app.router.add_route("*", "/{path:.*}", _answer)
    return app


async def _answer(request: web.Request) -> web.Response:
    reply = request.query.get("reply")
    if reply == "to-itself":
        return web.Response(status=302, headers={"Location": f"{request.url.origin()}/there?a=b"})
    if reply is not None:
        status, headers, text = REPLIES[reply]
        return web.Response(status=status, headers=headers, text=text)
    return web.json_response(await _seen(request), headers=PRIVATE)


async def _seen(request: web.Request) -> dict[str, Any]:
    return {
        "method": request.method,
        "target": request.raw_path,
        "headers": {name: request.headers.getall(name) for name in SEEN_HEADERS if request.headers.get(name)},
        "body": (await request.read()).decode("latin-1"),
    }
