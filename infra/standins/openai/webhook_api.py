"""`/v1/webhook_endpoints`: the project's endpoints, as OpenAI's API manages them.

Source: openai 3.52.0 `resources/webhooks` and `types/webhooks`.
"""

import json
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import Field, TypeAdapter

from standins.openai.credentials import require_api_key
from standins.openai.errors import ApiError
from standins.openai.ids import new_id
from standins.openai.validation import Strict, parse
from standins.openai.webhooks import INCOMING_CALL, Endpoint, Webhooks, new_secret
from standins.values import Json

ENDPOINTS_PATH = "/v1/webhook_endpoints"

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


class WebhookApi:
    """Handlers; each checks its credential first."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

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

    async def create(self, request: web.Request) -> web.Response:
        require_api_key(request)
        asked = parse(_CREATE, await _json(request))
        _check_url(asked.url)
        endpoint = self._webhooks.add(asked.url, new_secret(), asked.name, tuple(asked.event_types))
        return web.json_response({**endpoint.described(), "signing_secret": endpoint.secrets[0]})

    async def list(self, request: web.Request) -> web.Response:
        """Newest first, a page at a time."""
        require_api_key(request)
        newest_first = list(reversed(self._webhooks.endpoints.values()))
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
        del self._webhooks.endpoints[endpoint.id]
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
        status = await self._webhooks.send_once(endpoint, event_type, _sample_data(event_type))
        if status is None:
            raise ApiError("webhook_test_failed", "The test request to the endpoint could not be completed.")
        result = {"webhook_endpoint_id": endpoint.id, "event_type": event_type, "status_code": status}
        return web.json_response({"object": "webhook_endpoint.test", "success": True, **result})

    async def list_event_types(self, request: web.Request) -> web.Response:
        require_api_key(request)
        return web.json_response({"object": "list", "data": list(get_args(EventType))})

    def _find(self, request: web.Request) -> Endpoint:
        require_api_key(request)
        endpoint = self._webhooks.endpoints.get(request.match_info["endpoint_id"])
        if endpoint is None:
            raise ApiError("webhook_endpoint_not_found", "No such webhook endpoint.", status=404)
        return endpoint


def _sample_data(event_type: str) -> Json:
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
