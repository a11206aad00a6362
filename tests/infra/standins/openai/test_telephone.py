"""Phone calls: what rings is told, what is accepted carries sound both ways, and either side can end it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from openai import AsyncOpenAI, BadRequestError
from openai.types.webhooks import RealtimeCallIncomingWebhookEvent
from standins.openai import Knobs, speech
from standins.openai.recognition import Recognizer
from standins.openai.webhooks import new_secret
from standins.serving import serving

from .conftest import API_KEY, client_for

pytestmark = pytest.mark.asyncio

Serve = Callable[..., Awaitable[str]]
MODEL = "gpt-realtime-2.1"
SECONDS = 30
CALLED = "+18005550100"
TRANSCRIBED: Any = {"input": {"transcription": {"model": "gpt-transcribe"}}}


class Endpoint:
    """Somebody's webhook endpoint: answers with `statuses` in turn, then with 200."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.received.append((dict(request.headers), await request.read()))
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, headers={"Location": "/elsewhere"} if status == 302 else {})


@pytest_asyncio.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    app = web.Application()
    app.router.add_post("/api/phone", endpoint.take)
    async with serving(app) as origin:
        endpoint.url = f"{origin}/api/phone"
        yield endpoint


async def until(condition: Callable[[], Awaitable[Any]]) -> Any:
    deadline = time.monotonic() + SECONDS
    while not (value := await condition()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    return value


async def only_call(http: aiohttp.ClientSession) -> dict[str, Any]:
    async with http.get("/_standin/calls") as answer:
        (call,) = (await answer.json())["calls"]
    return dict(call)


async def ring(http: aiohttp.ClientSession, **asked: Any) -> str:
    async with http.post("/_standin/calls", json=asked) as answer:
        assert answer.status == 201
        return str((await answer.json())["id"])


async def hear(client: AsyncOpenAI, call_id: str, until_event: str) -> list[dict[str, Any]]:
    """The events on a sideband, up to the named one; asks for the first word."""
    events: list[dict[str, Any]] = []
    async with asyncio.timeout(SECONDS), client.realtime.connect(call_id=call_id) as sideband:
        await sideband.response.create()
        while not events or events[-1]["type"] != until_event:
            events.append(json.loads(await sideband.recv_bytes()))
    return events


async def test_a_call_is_told_in_an_event_that_the_sdk_verifies(
    openai_client: AsyncOpenAI, http: aiohttp.ClientSession, endpoint: Endpoint
) -> None:
    made = await openai_client.webhooks.create(name="phone", url=endpoint.url, event_types=["realtime.call.incoming"])
    call_id = await ring(http, to=CALLED, headers=[{"name": "X-Trunk", "value": "7"}])
    await until(lambda: _async(endpoint.received))
    ((headers, body),) = endpoint.received
    event = openai_client.webhooks.unwrap(body, headers, secret=made.signing_secret)
    assert isinstance(event, RealtimeCallIncomingWebhookEvent)
    assert event.data.call_id == call_id
    found = {header.name: header.value for header in event.data.sip_headers}
    assert CALLED in found["To"]
    assert (found["X-Trunk"], event.data.sip_media_security) == ("7", "srtp")
    assert headers["Content-Type"] == "application/json"


async def test_an_endpoint_is_made_listed_changed_exchanged_and_deleted_by_the_sdk(openai_client: AsyncOpenAI) -> None:
    webhooks = openai_client.webhooks
    made = [
        await webhooks.create(name=f"n{n}", url=f"https://x{n}.example", event_types=["realtime.call.incoming"])
        for n in range(3)
    ]
    listed = [endpoint.id async for endpoint in webhooks.list(limit=2)]
    assert listed == [endpoint.id for endpoint in reversed(made)]
    changed = await webhooks.update(made[0].id, name="new", event_types=["batch.completed"])
    assert ((await webhooks.retrieve(made[0].id)).name, changed.event_types) == ("new", ["batch.completed"])
    exchanged = await webhooks.rotate_secret(made[0].id)
    assert exchanged.signing_secret != made[0].signing_secret
    assert (await webhooks.delete(made[0].id)).deleted
    assert "realtime.call.incoming" in (await webhooks.event_types.list()).data
    assert [endpoint.id async for endpoint in webhooks.list()] == listed[:2]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "n", "url": "http://evil.example", "event_types": ["realtime.call.incoming"]}, "invalid_value"),
        ({"name": "n", "url": "https://x.example", "event_types": ["nothing.happened"]}, "invalid_value"),
        ({"name": "n", "url": "https://x.example", "event_types": []}, "invalid_value"),
        ({"name": "n", "event_types": ["realtime.call.incoming"]}, "missing_required_parameter"),
        (
            {"name": "n", "url": "https://x.example", "event_types": ["batch.failed"], "secret": "s"},
            "unknown_parameter",
        ),
    ],
)
async def test_an_endpoint_of_another_form_is_refused(
    http: aiohttp.ClientSession, body: dict[str, Any], code: str
) -> None:
    async with http.post("/v1/webhook_endpoints", json=body) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (400, code)


async def test_endpoints_are_for_an_api_key_only(http: aiohttp.ClientSession) -> None:
    async with http.get("/v1/webhook_endpoints", headers={"Authorization": "Bearer ek_1"}) as answer:
        assert answer.status == 401
    async with http.get("/v1/webhook_endpoints/we_unknown") as answer:
        assert answer.status == 404


async def test_a_delivery_is_repeated_under_the_same_id_until_it_is_taken(serve: Serve, endpoint: Endpoint) -> None:
    endpoint.statuses = [500, 302, 401]
    origin = await serve(knobs=Knobs(webhook_retry_seconds=0.01))
    async with (
        client_for(origin) as client,
        aiohttp.ClientSession(origin, headers={"Authorization": f"Bearer {API_KEY}"}) as http,
    ):
        made = await client.webhooks.create(name="n", url=endpoint.url, event_types=["realtime.call.incoming"])
        await ring(http)

        async def statuses() -> list[int]:
            async with http.get("/_standin/webhooks") as answer:
                (delivery,) = (await answer.json())["deliveries"]
            return list(delivery["statuses"]) if len(delivery["statuses"]) == 4 else []

        assert await until(statuses) == [500, 302, 401, 200]
        assert len({headers["webhook-id"] for headers, _ in endpoint.received}) == 1
        for headers, body in endpoint.received:
            client.webhooks.verify_signature(body, headers, secret=made.signing_secret)


async def test_a_test_event_says_what_the_endpoint_answered(openai_client: AsyncOpenAI, endpoint: Endpoint) -> None:
    webhooks = openai_client.webhooks
    made = await webhooks.create(name="n", url=endpoint.url, event_types=["realtime.call.incoming"])
    endpoint.statuses = [418]
    assert (await webhooks.test(made.id, event_type="realtime.call.incoming")).status_code == 418
    assert (await webhooks.test(made.id, event_type="realtime.call.incoming")).status_code == 200


async def test_nothing_is_sent_to_another_machine(
    openai_client: AsyncOpenAI, http: aiohttp.ClientSession, asked_hosts: list[str]
) -> None:
    made = await openai_client.webhooks.create(
        name="n", url="https://x.example/", event_types=["realtime.call.incoming"]
    )
    with pytest.raises(BadRequestError, match="could not be completed"):
        await openai_client.webhooks.test(made.id, event_type="realtime.call.incoming")
    for url in ("https://x.example/", "http://169.254.169.254/", "http://localhost.evil.example/"):
        async with http.post("/_standin/webhooks", json={"url": url, "secret": new_secret()}) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (400, "invalid_value")
    assert set(asked_hosts) == {"127.0.0.1"}


async def test_while_a_secret_is_exchanged_both_sign(
    openai_client: AsyncOpenAI, http: aiohttp.ClientSession, endpoint: Endpoint
) -> None:
    made = await openai_client.webhooks.create(name="n", url=endpoint.url, event_types=["realtime.call.incoming"])
    new = await openai_client.webhooks.rotate_secret(made.id, keep_old_secret_active_for_24_hours=True)
    await ring(http)
    await until(lambda: _async(endpoint.received))
    ((headers, body),) = endpoint.received
    for secret in (made.signing_secret, new.signing_secret):
        openai_client.webhooks.verify_signature(body, headers, secret=secret)


async def test_a_configured_endpoint_is_told_too(
    openai_client: AsyncOpenAI, http: aiohttp.ClientSession, endpoint: Endpoint
) -> None:
    secret = new_secret()
    async with http.post("/_standin/webhooks", json={"url": endpoint.url, "secret": secret}) as answer:
        assert answer.status == 201
    await ring(http)
    await until(lambda: _async(endpoint.received))
    openai_client.webhooks.verify_signature(endpoint.received[0][1], endpoint.received[0][0], secret=secret)


async def test_sound_passes_both_ways_and_the_caller_hangs_up(serve: Serve) -> None:
    """Real speech through G.711 at both ends; what is heard is what recognition makes of it."""
    origin = await serve(hearing=Recognizer(), synthesize=speech.synthesize)
    async with (
        client_for(origin) as client,
        aiohttp.ClientSession(origin, headers={"Authorization": f"Bearer {API_KEY}"}) as http,
    ):
        turns = [{"say": "Can you hear me?"}, {"say": "Where are you?"}]
        async with http.post("/_standin/script", json={"turns": turns}) as answer:
            assert answer.status == 204
        call_id = await ring(http, says=["Hello, how are you today?"], hangs_up=True)
        audio = {**TRANSCRIBED, "output": {"voice": "marin"}}
        await client.realtime.calls.accept(call_id, type="realtime", model=MODEL, audio=audio)
        name = "conversation.item.input_audio_transcription.completed"
        events = await hear(client, call_id, name)
        assert "how are" in events[-1]["transcript"]  # espeak says no word twice in the same way
        call = await until(lambda: _ended(http))
        assert call["state"] == "the caller hung up"
        assert call["said"] == ["Hello, how are you today?"]
        assert "hear me" in call["heard"][0]
        assert "are you" in call["heard"][-1]


async def test_the_server_hangs_up(openai_client: AsyncOpenAI, http: aiohttp.ClientSession) -> None:
    call_id = await ring(http)
    await openai_client.realtime.calls.accept(call_id, type="realtime", model=MODEL)
    await openai_client.realtime.calls.hangup(call_id)
    assert (await only_call(http))["state"] == "hung up"


async def test_a_caller_who_gives_up_is_gone(http: aiohttp.ClientSession) -> None:
    call_id = await ring(http)
    async with http.delete(f"/_standin/calls/{call_id}") as answer:
        assert answer.status == 204
    await until(lambda: _ended(http))
    async with http.post(f"/v1/realtime/calls/{call_id}/accept", json={"type": "realtime"}) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (404, "call_id_not_found")


async def test_a_call_that_nobody_answers_ends(serve: Serve) -> None:
    origin = await serve(knobs=Knobs(ring_seconds=0.05))
    async with aiohttp.ClientSession(origin) as http:
        await ring(http)
        assert (await until(lambda: _ended(http)))["state"] == "nobody answered"


async def _async(value: Any) -> Any:
    return value


async def _ended(http: aiohttp.ClientSession) -> dict[str, Any] | None:
    call = await only_call(http)
    return None if call["state"] in ("ringing", "connected") else call
