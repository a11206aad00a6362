"""What a test may do to a Google stand-in: arm faults and read the requests it got.

    POST   /_standin/faults    {"fault": NAME, "operation"?: "objects_insert" | "*", "times"?: N | null,
                                "status"?: 503, "retry_after"?: seconds, "seconds"?: s}
    DELETE /_standin/faults    disarm all                GET /_standin/faults    those still armed
    GET    /_standin/requests  newest last               DELETE /_standin/requests    forget them

NAMES: `status` (answers `status`, nothing happens), `reset` (connection reset, nothing happens),
`reset_after_commit` (it happens, the answer is lost), `slow` (answers after `seconds`).
An operation is the name of the handler, which is Google's method name: objects.insert -> objects_insert.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from standins.faults import RESET, RESET_AFTER_COMMIT, SLOW, ArmedFaults, reset
from standins.guard import CONTROL_PREFIX

REQUESTS_REMEMBERED = 10_000
STATUS = "status"
FAULT_NAMES = (STATUS, RESET, RESET_AFTER_COMMIT, SLOW)

ErrorAnswer = Callable[[int, str], web.Response]


@dataclass
class Fault:
    """One armed fault; it strikes `times`, None means until disarmed."""

    fault: str
    operation: str = "*"
    times: int | None = 1
    status: int = 503
    retry_after: int | None = None
    seconds: float = 0

    def __post_init__(self) -> None:
        if self.fault not in FAULT_NAMES:
            raise ValueError(f"fault {self.fault!r} is not known; use one of {', '.join(FAULT_NAMES)}")


class Faults:
    """The armed faults and the request log of one stand-in."""

    def __init__(self, error_answer: ErrorAnswer) -> None:
        self._error_answer = error_answer
        self._armed = ArmedFaults[Fault]()
        self._requests: deque[dict[str, Any]] = deque(maxlen=REQUESTS_REMEMBERED)

    def install(self, app: web.Application) -> None:
        """Add the control routes, and the middleware that logs requests and lets faults strike."""
        app.middlewares.append(self._middleware)
        app.router.add_post(f"{CONTROL_PREFIX}faults", self._arm)
        app.router.add_get(f"{CONTROL_PREFIX}faults", self._list)
        app.router.add_delete(f"{CONTROL_PREFIX}faults", self._disarm)
        app.router.add_get(f"{CONTROL_PREFIX}requests", self._list_requests)
        app.router.add_delete(f"{CONTROL_PREFIX}requests", self._forget_requests)

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(CONTROL_PREFIX):
            return await handler(request)
        operation = request.match_info.handler.__name__
        entry: dict[str, Any] = {
            "operation": operation,
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "status": None,
        }
        self._requests.append(entry)
        fault = self._armed.take(lambda armed: armed.operation in ("*", operation))
        response = await self._strike(fault, request, handler)
        entry["status"] = response.status
        return response

    async def _strike(self, fault: Fault | None, request: web.Request, handler: Handler) -> web.StreamResponse:
        if fault is None:
            return await handler(request)
        if fault.fault == STATUS:
            return self._refusal(fault)
        if fault.fault == SLOW:
            await asyncio.sleep(fault.seconds)
        elif fault.fault == RESET:
            reset_connection(request)
        response = await handler(request)
        if fault.fault == RESET_AFTER_COMMIT:
            reset_connection(request)
        return response

    def _refusal(self, fault: Fault) -> web.Response:
        response = self._error_answer(fault.status, HTTPStatus(fault.status).phrase)
        if fault.retry_after is not None:
            response.headers["Retry-After"] = str(fault.retry_after)
        return response

    async def _arm(self, request: web.Request) -> web.Response:
        try:
            self._armed.arm(Fault(**await request.json()))
        except (TypeError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return self._listed()

    def _listed(self) -> web.Response:
        return web.json_response([{**asdict(fault), "times": left} for fault, left in self._armed.still_armed()])

    async def _list(self, _request: web.Request) -> web.Response:
        return self._listed()

    async def _disarm(self, _request: web.Request) -> web.Response:
        self._armed.clear()
        return web.json_response([])

    async def _list_requests(self, _request: web.Request) -> web.Response:
        return web.json_response(list(self._requests))

    async def _forget_requests(self, _request: web.Request) -> web.Response:
        self._requests.clear()
        return web.json_response([])


def reset_connection(request: web.Request) -> None:
    """End the client's connection with a TCP reset and give up the request."""
    reset(request.transport)
    raise asyncio.CancelledError
