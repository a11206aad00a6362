"""Ways in which the service or the network fails, armed by tests: `POST /_standin/faults`."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar, Literal

from aiohttp import web
from pydantic import Field, TypeAdapter, field_validator

from standins.faults import RESET, SLOW, ArmedFaults, reset
from standins.guard import CONTROL_PREFIX
from standins.openai.errors import ApiError, invalid_api_key, model_not_found
from standins.openai.request_log import Handler
from standins.openai.validation import Strict
from standins.values import Json

ELSEWHERE = "/elsewhere"
HUGE_BYTES = 200 * 1024 * 1024
HUGE_CHUNK = b" " * 65_536
DRIP_SECONDS = 0.2
MAX_DRIPS = 3000
DEFAULT_SECONDS = 30.0
TRUNCATED_BODY = b'{"value": "'
TRUNCATED_LENGTH = 1000
NOT_ACTIVE = "Your account is not active, please check your billing details on our website."
HARD_LIMIT = "Billing hard limit has been reached."


class Fault(Strict):
    """One armed fault: where, which, how often (null: until cleared) and its numbers."""

    nullable: ClassVar[frozenset[str]] = frozenset({"times"})
    path: Literal[
        "client_secrets", "calls", "hangup", "accept", "reject", "refer", "models", "webhook_endpoints", "realtime", "*"
    ]
    fault: str
    times: int | None = Field(default=1, ge=1)
    seconds: float = Field(default=DEFAULT_SECONDS, ge=0, le=3600)
    retry_after: int | None = Field(default=None, ge=0)

    @field_validator("fault")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in FAULTS:
            raise ValueError(f"expected one of {', '.join(FAULTS)}")
        return name


FAULT: TypeAdapter[Fault] = TypeAdapter(Fault)


class Faults(ArmedFaults[Fault]):
    """The armed faults of requests."""

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Fail instead of, or before, handling the request; preflights and control routes never fail."""
        fault = None if _is_exempt(request) else self.take(lambda armed: armed.path in ("*", _place(request.path)))
        return await (FAULTS[fault.fault](request, fault, handler) if fault else handler(request))


def _is_exempt(request: web.Request) -> bool:
    return request.method == "OPTIONS" or request.path.startswith(CONTROL_PREFIX)


def _place(path: str) -> str:
    """`hangup` for `/v1/realtime/calls/{id}/hangup`, else the last part of the path."""
    return path.rstrip("/").rpartition("/")[2]


Fail = Callable[[web.Request, Fault, Handler], Awaitable[web.StreamResponse]]


def _refuse(make: Callable[[Fault], ApiError]) -> Fail:
    async def fail(_request: web.Request, fault: Fault, _handler: Handler) -> web.StreamResponse:
        raise make(fault)

    return fail


def _answer(make: Callable[[], web.Response]) -> Fail:
    async def fail(_request: web.Request, _fault: Fault, _handler: Handler) -> web.StreamResponse:
        return make()

    return fail


def _limited(code: str, message: str) -> Callable[[Fault], ApiError]:
    return lambda fault: ApiError(code, message, status=429, type_=code, retry_after_seconds=fault.retry_after)


def _unpaid(type_: str, message: str, code: str | None = None, status: int = 429) -> Callable[[Fault], ApiError]:
    """As OpenAI answers an account that pays for nothing (more): the word stands in both fields, or in one."""
    return lambda _: ApiError(code, message, status=status, type_=type_)


def _broken(status: int, message: str) -> Callable[[Fault], ApiError]:
    return lambda _: ApiError("server_error", message, status=status, type_="server_error")


async def _truncated(request: web.Request, _fault: Fault, _handler: Handler) -> web.StreamResponse:
    headers = {"Content-Type": "application/json", "Content-Length": str(TRUNCATED_LENGTH)}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    await response.write(TRUNCATED_BODY)
    if request.transport:
        request.transport.close()
    return response


async def _huge(request: web.Request, _fault: Fault, _handler: Handler) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    for _ in range(HUGE_BYTES // len(HUGE_CHUNK)):
        await response.write(HUGE_CHUNK)
    return response


async def _drip(request: web.Request, _fault: Fault, _handler: Handler) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    for _ in range(MAX_DRIPS):
        await response.write(b" ")
        await asyncio.sleep(DRIP_SECONDS)
    return response


async def _reset(request: web.Request, _fault: Fault, _handler: Handler) -> web.StreamResponse:
    reset(request.transport)
    return web.Response()


async def _slow(request: web.Request, fault: Fault, handler: Handler) -> web.StreamResponse:
    await asyncio.sleep(fault.seconds)
    return await handler(request)


async def _hang(_request: web.Request, fault: Fault, _handler: Handler) -> web.StreamResponse:
    await asyncio.sleep(fault.seconds)
    raise ApiError("server_error", "The stand-in hung as asked.", status=504, type_="server_error")


def _html() -> web.Response:
    return web.Response(text="<!doctype html><title>Sign in</title>", content_type="text/html")


def _wrong_json() -> web.Response:
    body: Json = {"object": "list", "data": []}
    return web.json_response(body)


def _redirect() -> web.Response:
    return web.Response(status=302, headers={"Location": ELSEWHERE})


FAULTS: dict[str, Fail] = {
    "invalid_api_key": _refuse(lambda _: invalid_api_key()),
    "forbidden": _refuse(
        lambda _: ApiError("unsupported_country_region_territory", "Country not supported.", status=403)
    ),
    "model_not_found": _refuse(lambda _: model_not_found("gpt-realtime-2.1")),
    "bad_request": _refuse(
        lambda _: ApiError("unknown_parameter", "Unknown parameter: 'session.fault'.", param="session.fault")
    ),
    "rate_limited": _refuse(_limited("rate_limit_exceeded", "Rate limit reached. Try again later.")),
    "insufficient_quota": _refuse(_limited("insufficient_quota", "You exceeded your current quota.")),
    "insufficient_quota_by_type": _refuse(_unpaid("insufficient_quota", "You exceeded your current quota.")),
    "billing_not_active": _refuse(_unpaid("billing_not_active", NOT_ACTIVE, "billing_not_active")),
    "billing_not_active_by_type": _refuse(_unpaid("billing_not_active", NOT_ACTIVE)),
    "hard_limit": _refuse(_unpaid("invalid_request_error", HARD_LIMIT, "billing_hard_limit_reached", 400)),
    "server_error": _refuse(_broken(500, "The server had an error while processing your request.")),
    "unavailable": _refuse(_broken(503, "The engine is currently overloaded.")),
    "html": _answer(_html),
    "wrong_json": _answer(_wrong_json),
    "truncated": _truncated,
    "huge": _huge,
    "redirect": _answer(_redirect),
    RESET: _reset,
    SLOW: _slow,
    "drip": _drip,
    "hang": _hang,
}
