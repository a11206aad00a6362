"""What was asked of the stand-in, for tests to look at; credentials are noted, never kept."""

from collections import deque
from collections.abc import Awaitable, Callable

from aiohttp import web

from standins.guard import CONTROL_PREFIX
from standins.values import Json

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MAX_REQUESTS = 1000
KEPT_HEADERS = ("Content-Type", "OpenAI-Safety-Identifier", "OpenAI-Organization", "OpenAI-Project", "User-Agent")
RECEIVED = web.RequestKey("received", dict)


class RequestLog:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self._requests: deque[Json] = deque(maxlen=MAX_REQUESTS)

    def list(self) -> list[Json]:
        return list(self._requests)

    def clear(self) -> None:
        self._requests.clear()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note each request outside `/_standin/` together with the status of its answer, or None for none."""
        if request.path.startswith(CONTROL_PREFIX):
            return await handler(request)
        entry = _described(request)
        self._requests.append(entry)
        request[RECEIVED] = entry
        response = await handler(request)
        entry["status"] = response.status
        return response


def note(request: web.Request, **received: object) -> None:
    """Add what a handler read from the body, e.g. `session_config`, to the request's entry."""
    request[RECEIVED].update(received)


def _described(request: web.Request) -> Json:
    headers = {name: request.headers[name] for name in KEPT_HEADERS if name in request.headers}
    entry = {"method": request.method, "path": request.path, "query": dict(request.query), "status": None}
    return {**entry, "headers": headers, "credential": _credential(request)}


def _credential(request: web.Request) -> str | None:
    """Say which kind of credential came, not which one."""
    sent = request.headers.get("Authorization", "") + request.headers.get("Sec-WebSocket-Protocol", "")
    if "ek_" in sent:
        return "clientSecretProvided"
    return "apiKeyProvided" if sent else None
