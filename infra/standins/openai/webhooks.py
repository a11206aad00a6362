"""Webhook endpoints and deliveries, signed as Standard Webhooks has it and repeated until they are taken.

Source: OpenAI's guide to webhooks (2xx or it is sent again, with exponential back-off, for 72 hours; a redirect is no
2xx), https://www.standardwebhooks.com.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
from collections import deque
from dataclasses import dataclass, field

import aiohttp

from standins.guard import leads_to_this_machine
from standins.openai.ids import new_id
from standins.openai.knobs import Knobs
from standins.values import Json

GIVE_UP_AFTER_SECONDS = 72 * 3600
DELIVERY_TIMEOUT = aiohttp.ClientTimeout(total=30)
USER_AGENT = "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)"
MAX_REMEMBERED = 1000
INCOMING_CALL = "realtime.call.incoming"


@dataclass
class Endpoint:
    """`secrets`: the newest first; what an exchange keeps for a day signs beside it."""

    name: str
    url: str
    event_types: list[str]
    secrets: list[str]
    created_at: int
    id: str = field(default_factory=lambda: new_id("we"))

    def described(self) -> Json:
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
    event: Json
    webhook_id: str = field(default_factory=lambda: new_id("wh"))
    statuses: list[int | None] = field(default_factory=list)

    def described(self) -> Json:
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
        self.endpoints: dict[str, Endpoint] = {}
        self._deliveries: deque[Delivery] = deque(maxlen=MAX_REMEMBERED)
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    def add(self, url: str, secret: str, name: str = "configured", event_types: tuple[str, ...] = ()) -> Endpoint:
        """Add an endpoint whose secret is given, for a local run and for tests."""
        endpoint = Endpoint(name, url, list(event_types or (INCOMING_CALL,)), [secret], round(self._knobs.clock()))
        self.endpoints[endpoint.id] = endpoint
        return endpoint

    def send(self, event_type: str, data: Json) -> None:
        """Deliver an event to every endpoint that asked for its type, until each has taken it."""
        event = self._event(event_type, data)
        for endpoint in self.endpoints.values():
            if event_type in endpoint.event_types:
                delivery = Delivery(endpoint, event)
                self._deliveries.append(delivery)
                task = asyncio.get_running_loop().create_task(self._deliver(delivery), name="webhook delivery")
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def send_once(self, endpoint: Endpoint, event_type: str, data: Json) -> int | None:
        """Deliver an event to one endpoint without a second try; returns its answer's status, None for no answer."""
        delivery = Delivery(endpoint, self._event(event_type, data))
        self._deliveries.append(delivery)
        await self._attempt(delivery)
        return delivery.statuses[-1]

    def described(self) -> list[Json]:
        """The deliveries, oldest first."""
        return [delivery.described() for delivery in self._deliveries]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    def _event(self, event_type: str, data: Json) -> Json:
        now = round(self._knobs.clock())
        return {"object": "event", "id": new_id("evt"), "type": event_type, "created_at": now, "data": data}

    async def _deliver(self, delivery: Delivery) -> None:
        delay, waited = self._knobs.webhook_retry_seconds, 0.0
        await self._attempt(delivery)
        while not delivery.is_taken and waited < GIVE_UP_AFTER_SECONDS and delivery.endpoint.id in self.endpoints:
            await asyncio.sleep(delay)
            waited, delay = waited + delay, delay * 2
            await self._attempt(delivery)

    async def _attempt(self, delivery: Delivery) -> None:
        """Each attempt is signed anew, for the time at which it is made; the id stays.

        Nothing is sent to another machine: otherwise an endpoint could send requests to any host of this network.
        """
        if not leads_to_this_machine(delivery.endpoint.url):
            delivery.statuses.append(None)
            return
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
