"""Webhook endpoints and deliveries, signed as Standard Webhooks has it and repeated until they are taken.

Source: openai 3.52.0 `resources/webhooks`, OpenAI's guide to webhooks (2xx or it is sent again, with exponential
back-off, for 72 hours; a redirect is no 2xx), https://www.standardwebhooks.com.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from pydantic import Field, TypeAdapter

from .credentials import require_api_key
from .errors import ApiError, JsonObject
from .ids import new_id
from .knobs import Knobs
from .validation import Strict, parse

ENDPOINTS_PATH = "/v1/webhook_endpoints"
GIVE_UP_AFTER_SECONDS = 72 * 3600
DELIVERY_TIMEOUT = aiohttp.ClientTimeout(total=30)
USER_AGENT = "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)"
MAX_REMEMBERED = 1000
INCOMING_CALL = "realtime.call.incoming"

EventType = Literal[
    "batch.completed",
    "batch.failed",
    "batch.expired",
    "batch.cancelled",
    "response.completed",
    "response.failed",
    "response.cancelled",
    "response.incomplete",
    "eval.run.succeeded",
    "eval.run.failed",
    "eval.run.canceled",
    "fine_tuning.job.succeeded",
    "fine_tuning.job.failed",
    "fine_tuning.job.cancelled",
    "realtime.call.incoming",
    "video.completed",
    "video.failed",
    "safety.alert.created",
]


class EndpointCreate(Strict):
    name: str = Field(min_length=1, max_length=256)
    url: str = Field(max_length=2048)
    event_types: list[EventType] = Field(min_length=1)


class EndpointUpdate(Strict):
    name: str | None = Field(default=None, min_length=1, max_length=256)
    url: str | None = Field(default=None, max_length=2048)
    event_types: list[EventType] | None = Field(default=None, min_length=1)


class RotateSecret(Strict):
    keep_old_secret_active_for_24_hours: bool = False


class TestDelivery(Strict):
    event_type: EventType


_CREATE: TypeAdapter[EndpointCreate] = TypeAdapter(EndpointCreate)
_UPDATE: TypeAdapter[EndpointUpdate] = TypeAdapter(EndpointUpdate)
_ROTATE: TypeAdapter[RotateSecret] = TypeAdapter(RotateSecret)
_TEST: TypeAdapter[TestDelivery] = TypeAdapter(TestDelivery)


@dataclass
class Endpoint:
    """`secrets`: the newest first; what an exchange keeps for a day signs beside it."""

    name: str
    url: str
    event_types: list[str]
    secrets: list[str]
    created_at: int
    id: str = field(default_factory=lambda: new_id("we"))

    def described(self) -> JsonObject:
        return {
            "object": "webhook_endpoint",
            "id": self.id,
            "name": self.name,
            "url": self.url,
            "event_types": self.event_types,
            "created_at": self.created_at,
            "updated_at": self.created_at,
            "signing_secret_hint": f"{self.secrets[0][:8]}…",
        }


@dataclass
class Delivery:
    """One event on its way to one endpoint. `statuses` holds the answer to each attempt, None for no answer."""

    endpoint: Endpoint
    event: JsonObject
    webhook_id: str = field(default_factory=lambda: new_id("wh"))
    statuses: list[int | None] = field(default_factory=list)

    def described(self) -> JsonObject:
        names = {"webhook_id": self.webhook_id, "endpoint_id": self.endpoint.id, "event_type": self.event["type"]}
        return {**names, "event_id": self.event["id"], "statuses": self.statuses}

    @property
    def is_taken(self) -> bool:
        status = self.statuses[-1] if self.statuses else None
        return status is not None and 200 <= status < 300


class Webhooks:
    """The project's endpoints and what was sent to them."""

    def __init__(self, knobs: Knobs) -> None:
        self._knobs = knobs
        self._endpoints: dict[str, Endpoint] = {}
        self._deliveries: deque[Delivery] = deque(maxlen=MAX_REMEMBERED)
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    def routes(self) -> list[web.RouteDef]:
        one = f"{ENDPOINTS_PATH}/{{endpoint_id}}"
        return [
            web.post(ENDPOINTS_PATH, self.create),
            web.get(ENDPOINTS_PATH, self.list),
            web.get(one, self.retrieve),
            web.post(one, self.update),
            web.delete(one, self.delete),
            web.post(f"{one}/rotate_secret", self.rotate_secret),
            web.post(f"{one}/test", self.test),
            web.get("/v1/webhook_event_types", self.list_event_types),
        ]

    def add(self, url: str, secret: str, name: str = "configured", event_types: tuple[str, ...] = ()) -> Endpoint:
        """Add an endpoint whose secret is given, for a local run and for tests."""
        endpoint = Endpoint(name, url, list(event_types or (INCOMING_CALL,)), [secret], round(self._knobs.clock()))
        self._endpoints[endpoint.id] = endpoint
        return endpoint

    def send(self, event_type: str, data: JsonObject) -> None:
        """Deliver an event to every endpoint that asked for its type, until each has taken it."""
        event = self._event(event_type, data)
        for endpoint in self._endpoints.values():
            if event_type in endpoint.event_types:
                delivery = Delivery(endpoint, event)
                self._deliveries.append(delivery)
                task = asyncio.get_running_loop().create_task(self._deliver(delivery), name="webhook delivery")
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def described(self) -> list[JsonObject]:
        """The deliveries, oldest first."""
        return [delivery.described() for delivery in self._deliveries]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    async def create(self, request: web.Request) -> web.Response:
        require_api_key(request)
        asked = parse(_CREATE, await _json(request))
        _check_url(asked.url)
        endpoint = self.add(asked.url, new_secret(), asked.name, tuple(asked.event_types))
        return web.json_response({**endpoint.described(), "signing_secret": endpoint.secrets[0]})

    async def list(self, request: web.Request) -> web.Response:
        """Newest first, a page at a time."""
        require_api_key(request)
        newest_first = list(reversed(self._endpoints.values()))
        ids = [endpoint.id for endpoint in newest_first]
        after, limit = request.query.get("after"), int(request.query.get("limit", "20"))
        start = ids.index(after) + 1 if after in ids else 0
        page = newest_first[start : start + limit]
        return web.json_response(
            {
                "object": "list",
                "data": [endpoint.described() for endpoint in page],
                "first_id": page[0].id if page else None,
                "last_id": page[-1].id if page else None,
                "has_more": start + limit < len(ids),
            }
        )

    async def retrieve(self, request: web.Request) -> web.Response:
        return web.json_response(self._find(request).described())

    async def update(self, request: web.Request) -> web.Response:
        endpoint = self._find(request)
        asked = parse(_UPDATE, await _json(request))
        if asked.url is not None:
            _check_url(asked.url)
        for name, value in asked.model_dump(exclude_none=True).items():
            setattr(endpoint, name, value)
        return web.json_response(endpoint.described())

    async def delete(self, request: web.Request) -> web.Response:
        endpoint = self._find(request)
        del self._endpoints[endpoint.id]
        return web.json_response({"object": "webhook_endpoint.deleted", "id": endpoint.id, "deleted": True})

    async def rotate_secret(self, request: web.Request) -> web.Response:
        endpoint = self._find(request)
        asked = parse(_ROTATE, await _json(request))
        kept = endpoint.secrets[:1] if asked.keep_old_secret_active_for_24_hours else []
        endpoint.secrets = [new_secret(), *kept]
        return web.json_response({**endpoint.described(), "signing_secret": endpoint.secrets[0]})

    async def test(self, request: web.Request) -> web.Response:
        """Send a sample event once and say what the endpoint answered."""
        endpoint = self._find(request)
        event_type = parse(_TEST, await _json(request)).event_type
        delivery = Delivery(endpoint, self._event(event_type, _sample_data(event_type)))
        self._deliveries.append(delivery)
        await self._attempt(delivery)
        if delivery.statuses[-1] is None:
            raise ApiError("webhook_test_failed", "The test request to the endpoint could not be completed.")
        result = {"webhook_endpoint_id": endpoint.id, "event_type": event_type, "status_code": delivery.statuses[-1]}
        return web.json_response({"object": "webhook_endpoint.test", "success": True, **result})

    async def list_event_types(self, request: web.Request) -> web.Response:
        require_api_key(request)
        return web.json_response({"object": "list", "data": list(get_args(EventType))})

    def _find(self, request: web.Request) -> Endpoint:
        require_api_key(request)
        endpoint = self._endpoints.get(request.match_info["endpoint_id"])
        if endpoint is None:
            raise ApiError("webhook_endpoint_not_found", "No such webhook endpoint.", status=404)
        return endpoint

    def _event(self, event_type: str, data: JsonObject) -> JsonObject:
        now = round(self._knobs.clock())
        return {"object": "event", "id": new_id("evt"), "type": event_type, "created_at": now, "data": data}

    async def _deliver(self, delivery: Delivery) -> None:
        delay, waited = self._knobs.webhook_retry_seconds, 0.0
        await self._attempt(delivery)
        while not delivery.is_taken and waited < GIVE_UP_AFTER_SECONDS and delivery.endpoint.id in self._endpoints:
            await asyncio.sleep(delay)
            waited, delay = waited + delay, delay * 2
            await self._attempt(delivery)

    async def _attempt(self, delivery: Delivery) -> None:
        """Each attempt is signed anew, for the time at which it is made; the id stays."""
        self._session = self._session or aiohttp.ClientSession(timeout=DELIVERY_TIMEOUT)
        body = json.dumps(delivery.event).encode()
        timestamp = round(self._knobs.clock())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "webhook-id": delivery.webhook_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(
                signature(secret, delivery.webhook_id, timestamp, body) for secret in delivery.endpoint.secrets
            ),
        }
        try:
            async with self._session.post(
                delivery.endpoint.url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                delivery.statuses.append(answer.status)
        except (aiohttp.ClientError, TimeoutError):
            delivery.statuses.append(None)


def new_secret() -> str:
    return f"whsec_{base64.b64encode(os.urandom(32)).decode()}"


def signature(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """One entry of `webhook-signature`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def _sample_data(event_type: str) -> JsonObject:
    if event_type != INCOMING_CALL:
        return {"id": new_id("sample")}
    headers = [{"name": "From", "value": "sip:+142555512112@sip.example.com"},
               {"name": "To", "value": "sip:+18005551212@sip.example.com"}]  # fmt: skip
    return {"call_id": new_id("rtc"), "sip_headers": headers}


def _check_url(url: str) -> None:
    """https, as OpenAI wants it; plain http leads to this machine only."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")):
        raise ApiError("invalid_value", "Invalid value for 'url': expected an HTTPS URL.", param="url")


async def _json(request: web.Request) -> Any:
    try:
        return json.loads(await request.text() or "{}")
    except (ValueError, RecursionError):
        raise ApiError("invalid_json", "The body is not valid JSON.") from None
