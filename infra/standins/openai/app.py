"""The application: routes, and what every answer has in common."""

from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from standins.guard import GUARD, Guard
from standins.openai import speech
from standins.openai.calls import Calls
from standins.openai.context import Faculties, Hearing
from standins.openai.control import control_routes
from standins.openai.conversationalist import RuleBased
from standins.openai.credentials import ClientSecrets
from standins.openai.errors import ApiError
from standins.openai.faults import Faults
from standins.openai.http_api import CORS_PATHS, HttpApi
from standins.openai.ids import new_id
from standins.openai.knobs import Knobs
from standins.openai.recognition import Recognizer
from standins.openai.request_log import Handler, RequestLog
from standins.openai.script import Script, load_scenario
from standins.openai.webhook_api import WebhookApi
from standins.openai.webhooks import Webhooks
from standins.openai.websocket import WebSockets

MAX_BODY_BYTES = 4 * 1024 * 1024
CORS_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "authorization, content-type, x-openai-agents-sdk",
    "Access-Control-Expose-Headers": "Location, x-request-id",
}


def create_app(
    *,
    scenario: Path | None = None,
    knobs: Knobs | None = None,
    hearing: Hearing | None = None,
    synthesize: Callable[[str, str, float], bytes] = speech.synthesize,
) -> web.Application:
    """The stand-in for OpenAI's Realtime API; clients get `http://127.0.0.1:PORT/v1` as base URL.

    `scenario` is a TOML or JSON file of turns; `hearing` and `synthesize` work on 24 kHz PCM.
    """
    knobs = knobs or Knobs()
    script = Script(load_scenario(scenario) if scenario else [])
    hearing = hearing or Recognizer()
    faculties = Faculties(hearing, synthesize, RuleBased(knobs.now), script)
    webhooks = Webhooks(knobs)
    secrets, calls = ClientSecrets(knobs.clock), Calls(faculties, knobs, webhooks.send)
    sockets = WebSockets(faculties, knobs, secrets, calls)
    log, faults = RequestLog(), Faults()
    app = web.Application(
        middlewares=[log.middleware, _in_openai_shape, faults.middleware], client_max_size=MAX_BODY_BYTES
    )
    app[GUARD] = Guard(pages=frozenset(CORS_PATHS))
    app.on_response_prepare.append(_add_headers)
    app.add_routes(HttpApi(secrets, calls, sockets, knobs.shutdown_dates).routes())
    app.add_routes(WebhookApi(webhooks).routes())
    app.add_routes(control_routes(faults, faculties.event_faults, script, log, calls, webhooks))
    _end_with(app, sockets, calls, webhooks, hearing)
    return app


def _end_with(app: web.Application, sockets: WebSockets, calls: Calls, webhooks: Webhooks, hearing: Hearing) -> None:
    async def shut_down(_app: web.Application) -> None:
        sockets.close()
        await calls.close()
        await webhooks.close()

    async def clean_up(_app: web.Application) -> None:
        await hearing.close()

    app.on_shutdown.append(shut_down)
    app.on_cleanup.append(clean_up)


@web.middleware
async def _in_openai_shape(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every refusal into OpenAI's error body."""
    try:
        return await handler(request)
    except ApiError as error:
        return _refusal(error)
    except web.HTTPException as error:
        message = f"Invalid URL ({request.method} {request.path})"
        return _refusal(ApiError(None, message, status=error.status))


def _refusal(error: ApiError) -> web.Response:
    retry_after = error.retry_after_seconds
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return web.json_response(error.body(), status=error.status, headers=headers)


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["x-request-id"] = new_id("req")
    if request.path in CORS_PATHS:
        response.headers.update(CORS_HEADERS)
