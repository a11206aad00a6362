"""A rewrite to Cloud Run: the request goes on as it came, the answer comes back under Hosting's rules."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from standins.hosting.config import Rewrite
from standins.hosting.early_answer import EarlyAnswer
from standins.hosting.globs import normalized

MAX_BODY_BYTES = 32 * 1024 * 1024
SESSION_COOKIE = "__session"
REQUIRED_VARY = ("Accept-Encoding", "Authorization", "Cookie")
BODILESS_STATUSES = (204, 304)
HOP_BY_HOP = frozenset(
    {
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
AUTOMATIC_HEADERS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")

Headers = CIMultiDict[str] | CIMultiDictProxy[str]


class LimitedBody:
    """A request's body on its way to the service; it breaks off, and says so, at Cloud Run's limit."""

    def __init__(self, request: web.Request) -> None:
        self._content = request.content
        self.answer = EarlyAnswer()
        self.is_too_large = (request.content_length or 0) > MAX_BODY_BYTES

    async def chunks(self) -> AsyncIterator[bytes]:
        sent = 0
        async for chunk in self._content.iter_any():
            sent += len(chunk)
            self.is_too_large = sent > MAX_BODY_BYTES
            if self.is_too_large:
                raise ValueError("the body is over the limit")
            await self.answer.give_way()
            yield chunk


async def forward(
    request: web.Request, path: str, rewrite: Rewrite, session: aiohttp.ClientSession
) -> web.StreamResponse | None:
    """Ask the service and stream its answer. None when the service passes on (404 with `X-Cascade: pass`)."""
    body = LimitedBody(request)
    if body.is_too_large:
        return _too_large()
    _, question_mark, query = request.raw_path.partition("?")
    url = URL(f"{rewrite.url}{normalized(path)}{question_mark}{query}", encoded=True)
    try:
        async with session.request(
            request.method,
            url,
            headers=request_headers(request),
            data=body.chunks() if request.body_exists else None,
            allow_redirects=False,
            skip_auto_headers=AUTOMATIC_HEADERS,
        ) as answer:
            body.answer.is_here = True
            if answer.status == 404 and answer.headers.get("X-Cascade", "").upper() == "PASS":
                return None
            return await _stream(request, answer, rewrite)
    except TimeoutError:
        return _refusal(504, f"The service {rewrite.service} did not answer in time.")
    except aiohttp.ClientError:
        if body.is_too_large:
            return _too_large()
        return _refusal(502, f"The service {rewrite.service} cannot be reached.")


def request_headers(request: web.Request) -> CIMultiDict[str]:
    """What the service sees: all but hop-by-hop headers, and of the cookies only `__session`."""
    headers = _end_to_end(request.headers)
    headers.popall("Host", None)
    session_cookie = next(
        (
            cookie.strip()
            for header in headers.popall("Cookie", [])
            for cookie in header.split(";")
            if cookie.strip().startswith(f"{SESSION_COOKIE}=")
        ),
        None,
    )
    if session_cookie is not None:
        headers["Cookie"] = session_cookie
    forwarded_for = [*headers.popall("X-Forwarded-For", []), request.remote or "unknown"]
    headers["X-Forwarded-For"] = ", ".join(forwarded_for)
    headers["X-Forwarded-Host"] = request.host
    headers["X-Forwarded-Proto"] = request.scheme
    headers["X-Original-Url"] = request.raw_path
    return headers


def response_headers(answer: Headers, service_url: str) -> CIMultiDict[str]:
    """What the browser sees: private unless the service says otherwise, and cookies only on private answers."""
    headers = _end_to_end(answer)
    headers.setdefault("Cache-Control", "private")
    if "private" not in headers["Cache-Control"]:
        headers.popall("Set-Cookie", None)
    headers["Vary"] = _vary(headers.get("Vary", ""))
    location = headers.get("Location", "")
    if location and _origin(location) == _origin(service_url):
        headers["Location"] = location.removeprefix(_origin(location))
    return headers


def _vary(given: str) -> str:
    names = [name.strip().title() for name in given.split(",") if name.strip()]
    return ", ".join([*names, *(name for name in REQUIRED_VARY if name not in names)])


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _end_to_end(headers: Headers) -> CIMultiDict[str]:
    """Without hop-by-hop headers, those that Connection names included (RFC 9110, 7.6.1)."""
    named = {name.strip().lower() for value in headers.getall("Connection", []) for name in value.split(",")}
    return CIMultiDict((key, value) for key, value in headers.items() if key.lower() not in HOP_BY_HOP | named)


async def _stream(request: web.Request, answer: aiohttp.ClientResponse, rewrite: Rewrite) -> web.StreamResponse:
    response = web.StreamResponse(
        status=answer.status, reason=answer.reason, headers=response_headers(answer.headers, rewrite.url)
    )
    await response.prepare(request)
    if request.method == "HEAD" or answer.status in BODILESS_STATUSES:
        return response
    try:
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
    except (aiohttp.ClientError, TimeoutError):
        # The status is out already: only breaking the connection tells the browser that the body is not whole.
        if request.transport is not None:
            request.transport.abort()
    return response


def _too_large() -> web.Response:
    return _refusal(413, f"The request's body is over {MAX_BODY_BYTES // 2**20} MiB.")


def _refusal(status: int, sentence: str) -> web.Response:
    return web.Response(status=status, text=f"{sentence}\n", headers={"Cache-Control": "private"})
