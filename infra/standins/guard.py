"""Guards the stand-ins: only programs of this machine get a response; in a local run they also need its token.

Every program of this machine can reach a port on it, and so can every website that somebody opens. A website can point
its name to 127.0.0.1 (DNS rebinding), or send "simple" requests, which a browser sends to any site without a preflight:
a form's three content types and no custom header. Secrets and conversations are behind these ports.
"""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from yarl import URL

from standins.error_answer import error_answer

LOOPBACK_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE | re.ASCII)
CONTROL_PREFIX = "/_standin/"
OWN_SITE = ("same-origin", "none")
Refused = tuple[int, str]


def _no_other(_host: str) -> bool:
    return False


@dataclass(frozen=True)
class Guard:
    """The rules of one stand-in. Paths are compared with the request's decoded path.

    `closed` paths accept only JSON (except `uploads`), and in a local run require its token (except `public`). A page
    of this machine may call `pages` from another port. `also_named(host)` is true for further names of this stand-in.
    With `hands_on` only the host name is checked; the server behind it checks the rest.
    """

    closed: tuple[str, ...] = (CONTROL_PREFIX,)
    uploads: tuple[str, ...] = ()
    public: frozenset[str] = frozenset()
    pages: frozenset[str] = frozenset()
    also_named: Callable[[str], bool] = _no_other
    hands_on: bool = False

    def refused(self, request: web.Request, token: str | None) -> Refused | None:
        """The status and the reason of a refusal; None if the request is allowed."""
        if not self._is_named(request):
            return 403, "This server is asked by the names 127.0.0.1, localhost and [::1] alone."
        if self.hands_on:
            return None
        if self._is_of_another_site(request):
            return 403, "Pages of other sites may not ask this server."
        return self._refused_where_closed(request, token) if request.path.startswith(self.closed) else None

    def _refused_where_closed(self, request: web.Request, token: str | None) -> Refused | None:
        if token is not None and request.path not in self.public and not _has_token(request, token):
            return 401, "The local run's token is missing: curl -H @.voicemint/local-run.headers sends it."
        if request.body_exists and request.content_type != "application/json" and not self._is_upload(request):
            return 415, "Only Content-Type: application/json is taken here."
        return None

    def _is_named(self, request: web.Request) -> bool:
        hosts = request.headers.getall("Host", [])
        return bool(hosts) and all(LOOPBACK_HOST.fullmatch(host) or self.also_named(host) for host in hosts)

    def _is_of_another_site(self, request: web.Request) -> bool:
        """A browser says where a request comes from in headers that no page can set."""
        origin = request.headers.get("Origin")
        if request.path in self.pages and origin is not None and leads_to_this_machine(origin):
            return False
        own = f"{request.scheme}://{request.host}"
        return request.headers.get("Sec-Fetch-Site", "none") not in OWN_SITE or origin not in (None, own)

    def _is_upload(self, request: web.Request) -> bool:
        return bool(self.uploads) and request.path.startswith(self.uploads)


GUARD = web.AppKey("guard", Guard)


def put_before(app: web.Application, token: str | None) -> None:
    """Let no request reach `app` that its guard refuses. An application that says nothing has an ordinary one."""
    app.middlewares.insert(0, _middleware(app.get(GUARD, Guard()), token))


def _middleware(guard: Guard, token: str | None) -> Middleware:
    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        refused = guard.refused(request, token)
        return error_answer(*refused) if refused else await handler(request)

    return guarded


def _has_token(request: web.Request, token: str) -> bool:
    given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
    return hmac.compare_digest(given, f"Bearer {token}".encode())


def leads_to_this_machine(url: str) -> bool:
    """Whether an http or https URL names this machine; read as the client reads it that would ask there."""
    try:
        parts = URL(url)
        return parts.scheme in ("http", "https") and (
            parts.host == "localhost" or ip_address(parts.host or "").is_loopback
        )
    except ValueError:
        return False
