"""`/_standin/…`: what tests and the local run steer the stand-in with; production code never calls it."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from .calls import Calls
from .errors import ApiError
from .faults import FAULT, Faults
from .request_log import RequestLog
from .script import Script, parse_scenario
from .validation import parse

NO_CONTENT = 204


def control_routes(faults: Faults, script: Script, log: RequestLog, calls: Calls) -> list[web.RouteDef]:
    """Routes to arm faults, script turns, look at requests and calls, and let a phone call ring."""

    async def arm_fault(request: web.Request) -> web.Response:
        faults.arm(parse(FAULT, await _json(request)))
        return web.Response(status=NO_CONTENT)

    async def script_turns(request: web.Request) -> web.Response:
        script.extend(parse_scenario(await _json(request)))
        return web.Response(status=NO_CONTENT)

    async def ring(_request: web.Request) -> web.Response:
        return web.json_response(calls.ring().described(), status=201)

    return [
        web.post("/_standin/faults", arm_fault),
        web.delete("/_standin/faults", _then_nothing(faults.clear)),
        web.post("/_standin/script", script_turns),
        web.delete("/_standin/script", _then_nothing(script.clear)),
        web.get("/_standin/requests", _listing("requests", log.list)),
        web.delete("/_standin/requests", _then_nothing(log.clear)),
        web.get("/_standin/calls", _listing("calls", calls.described)),
        web.post("/_standin/calls", ring),
    ]


def _then_nothing(act: Callable[[], None]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(_request: web.Request) -> web.Response:
        act()
        return web.Response(status=NO_CONTENT)

    return handle


def _listing(name: str, read: Callable[[], list[Any]]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(_request: web.Request) -> web.Response:
        return web.json_response({name: read()})

    return handle


async def _json(request: web.Request) -> Any:
    try:
        return json.loads(await request.text())
    except ValueError:
        raise ApiError("invalid_json", "The body is not valid JSON.") from None
