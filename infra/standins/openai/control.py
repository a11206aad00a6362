"""`/_standin/…`: what tests and the local run steer the stand-in with; production code never calls it."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from pydantic import TypeAdapter

from standins.guard import leads_to_this_machine
from standins.openai.calls import Calls
from standins.openai.errors import ApiError
from standins.openai.event_faults import EVENT_FAULT, EventFaults
from standins.openai.faults import FAULT, Faults
from standins.openai.request_log import RequestLog
from standins.openai.script import Script, parse_scenario
from standins.openai.telephone import PhoneCall
from standins.openai.validation import Strict, parse
from standins.openai.webhooks import Webhooks

NO_CONTENT = 204


class ConfiguredEndpoint(Strict):
    url: str
    secret: str


_PHONE_CALL: TypeAdapter[PhoneCall] = TypeAdapter(PhoneCall)
_ENDPOINT: TypeAdapter[ConfiguredEndpoint] = TypeAdapter(ConfiguredEndpoint)


def control_routes(
    faults: Faults, event_faults: EventFaults, script: Script, log: RequestLog, calls: Calls, webhooks: Webhooks
) -> list[web.RouteDef]:
    """Routes to arm faults, script turns, look at requests and calls, and let a phone call ring."""

    async def arm_fault(request: web.Request) -> web.Response:
        faults.arm(parse(FAULT, await _json(request)))
        return web.Response(status=NO_CONTENT)

    async def arm_event_fault(request: web.Request) -> web.Response:
        event_faults.arm(parse(EVENT_FAULT, await _json(request)))
        return web.Response(status=NO_CONTENT)

    async def script_turns(request: web.Request) -> web.Response:
        script.extend(parse_scenario(await _json(request)))
        return web.Response(status=NO_CONTENT)

    async def ring(request: web.Request) -> web.Response:
        asked = parse(_PHONE_CALL, await _json(request) if request.can_read_body else {})
        return web.json_response(calls.ring(asked).described(), status=201)

    async def caller_hangs_up(request: web.Request) -> web.Response:
        calls.caller_hangs_up(request.match_info["call_id"])
        return web.Response(status=NO_CONTENT)

    async def configure_endpoint(request: web.Request) -> web.Response:
        asked = parse(_ENDPOINT, await _json(request))
        if not leads_to_this_machine(asked.url):
            raise ApiError("invalid_value", "Invalid value for 'url': expected a URL of this machine.", param="url")
        return web.json_response(webhooks.add(asked.url, asked.secret).described(), status=201)

    return [
        web.post("/_standin/faults", arm_fault),
        web.delete("/_standin/faults", _then_nothing(faults.clear)),
        web.post("/_standin/event-faults", arm_event_fault),
        web.delete("/_standin/event-faults", _then_nothing(event_faults.clear)),
        web.post("/_standin/script", script_turns),
        web.delete("/_standin/script", _then_nothing(script.clear)),
        web.get("/_standin/requests", _listing("requests", log.list)),
        web.delete("/_standin/requests", _then_nothing(log.clear)),
        web.get("/_standin/calls", _listing("calls", calls.described)),
        web.post("/_standin/calls", ring),
        web.delete("/_standin/calls/{call_id}", caller_hangs_up),
        web.post("/_standin/webhooks", configure_endpoint),
        web.get("/_standin/webhooks", _listing("deliveries", webhooks.described)),
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
