"""The real openai Python SDK against the stand-in."""

import base64
from collections.abc import Awaitable, Callable
from typing import Any

import openai
import pytest
import websockets
from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from standins.openai import Knobs, create_app, g711
from standins.serving import serving

from .conftest import API_KEY, client_for
from .strictness import check_event
from .talking import LOUD, QUIET, SPOKEN_MS_PER_WORD, Hearing, hum, text_item

pytestmark = pytest.mark.asyncio

SPOKEN = (b"\x00\x20" * 12 + b"\x00\xe0" * 12) * 600 + QUIET
MODEL = "gpt-realtime-2.1"
Serve = Callable[..., Awaitable[str]]


async def until(connection: AsyncRealtimeConnection, type_: str) -> list[Any]:
    """Read events, each checked, up to the first of a type."""
    events = []
    while not events or events[-1].type != type_:
        event = connection.parse_event(await connection.recv_bytes())
        check_event(event.to_dict())
        events.append(event)
    return events


async def test_mints_a_client_secret(openai_client: AsyncOpenAI) -> None:
    expires_after: Any = {"anchor": "created_at", "seconds": 60}
    minted = await openai_client.realtime.client_secrets.create(
        expires_after=expires_after, session={"type": "realtime", "model": MODEL}
    )
    assert minted.value.startswith("ek_")
    assert minted.session.type == "realtime"


async def test_errors_become_the_sdks_exceptions(origin: str, openai_client: AsyncOpenAI) -> None:
    expires_after: Any = {"anchor": "created_at", "seconds": 5}
    with pytest.raises(openai.BadRequestError) as refused:
        await openai_client.realtime.client_secrets.create(expires_after=expires_after)
    assert (refused.value.code, refused.value.param) == ("invalid_value", "expires_after.seconds")
    assert refused.value.request_id
    async with client_for(origin, api_key="sk-short") as stranger:
        with pytest.raises(openai.AuthenticationError):
            await stranger.realtime.client_secrets.create()


async def test_lists_models_with_their_shutdown_dates(openai_client: AsyncOpenAI) -> None:
    models = {model.id: model.shutdown_date async for model in openai_client.models.list()}
    assert models[MODEL] is None
    assert models["gpt-realtime"] == "2027-01-20"


async def test_a_text_turn(openai_client: AsyncOpenAI) -> None:
    async with openai_client.realtime.connect(model=MODEL) as connection:
        await until(connection, "session.created")
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        await connection.conversation.item.create(item=text_item("What is two plus three?"))  # type: ignore[arg-type]
        await connection.response.create()
        events = await until(connection, "response.done")
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text.endswith("2 plus 3 is 5.")
    assert events[-1].response.status == "completed"
    assert events[-1].response.usage.total_tokens > 0


async def test_a_spoken_turn(serve: Serve) -> None:
    origin = await serve(knobs=Knobs(max_lead_seconds=60))
    async with client_for(origin) as client, client.realtime.connect(model=MODEL) as connection:
        await connection.input_audio_buffer.append(audio=base64.b64encode(LOUD + QUIET).decode())
        events = await until(connection, "response.done")
    audio = b"".join(base64.b64decode(e.delta) for e in events if e.type == "response.output_audio.delta")
    assert len(audio) > 48_000
    assert max(audio) > 0
    assert events[-1].response.output[0].content[0].transcript.endswith("Hello! How can I help you?")


async def test_telephone_audio_both_ways(serve: Serve) -> None:
    origin = await serve(knobs=Knobs(max_lead_seconds=60))
    async with client_for(origin) as client, client.realtime.connect(model=MODEL) as connection:
        telephone: Any = {"format": {"type": "audio/pcmu"}}
        await connection.session.update(
            session={"type": "realtime", "audio": {"input": telephone, "output": telephone}}
        )
        await connection.input_audio_buffer.append(audio=base64.b64encode(g711.encode(SPOKEN, g711.PCMU)).decode())
        events = await until(connection, "response.done")
    audio = b"".join(base64.b64decode(e.delta) for e in events if e.type == "response.output_audio.delta")
    words = len(events[-1].response.output[0].content[0].transcript.split())
    assert abs(len(audio) - words * SPOKEN_MS_PER_WORD * 8) < 100
    assert events[-1].response.audio.output.format.type == "audio/pcmu"


async def test_a_function_call_round(openai_client: AsyncOpenAI) -> None:
    tool = {"type": "function", "name": "get_weather", "description": "Weather of a city", "parameters": {}}
    async with openai_client.realtime.connect(model=MODEL) as connection:
        session: Any = {"type": "realtime", "tools": [tool], "output_modalities": ["text"]}
        await connection.session.update(session=session)
        await connection.conversation.item.create(item=text_item("How is the weather?"))  # type: ignore[arg-type]
        await connection.response.create()
        call = (await until(connection, "response.done"))[-1].response.output[0]
        assert (call.type, call.name) == ("function_call", "get_weather")
        result: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
        await connection.conversation.item.create(item=result)
        await connection.response.create()
        done = (await until(connection, "response.done"))[-1]
    assert done.response.output[0].content[0].text.endswith("The answer is: sunny")


async def test_an_error_event_leaves_the_session_open(openai_client: AsyncOpenAI) -> None:
    async with openai_client.realtime.connect(model=MODEL) as connection:
        await connection.send({"type": "ping", "event_id": "mine"})  # type: ignore[arg-type,misc]
        error = (await until(connection, "error"))[-1].error
        assert (error.code, error.param, error.event_id) == ("invalid_value", "type", "mine")
        await connection.session.update(session={"type": "realtime", "instructions": "Be kind."})
        assert (await until(connection, "session.updated"))[-1].session.instructions == "Be kind."


async def test_a_client_secret_opens_its_session(origin: str, openai_client: AsyncOpenAI) -> None:
    minted = await openai_client.realtime.client_secrets.create(
        session={"type": "realtime", "model": MODEL, "instructions": "From the secret."}
    )
    url = f"{origin.replace('http', 'ws')}/v1/realtime?model={MODEL}"
    protocols: Any = ["realtime", f"openai-insecure-api-key.{minted.value}", "openai-agents-sdk.0.20.0"]
    async with websockets.connect(url, subprotocols=protocols) as socket:
        assert socket.subprotocol == "realtime"
        assert "From the secret." in str(await socket.recv())


async def test_a_transcription_session_hears_and_never_answers(serve: Serve) -> None:
    url = f"{(await serve()).replace('http', 'ws')}/v1/realtime?intent=transcription"
    headers = {"Authorization": f"Bearer {API_KEY}"}
    async with websockets.connect(url, additional_headers=headers) as socket:
        connection = AsyncRealtimeConnection(socket)
        assert (await until(connection, "session.created"))[-1].session.type == "transcription"
        await connection.input_audio_buffer.append(audio=base64.b64encode(LOUD + QUIET).decode())
        name = "conversation.item.input_audio_transcription.completed"
        assert (await until(connection, name))[-1].transcript == "hello there"
        await connection.response.create()
        assert (await until(connection, "error"))[-1].error.code == "invalid_value"


async def test_the_beta_header_closes_the_socket(origin: str) -> None:
    url = f"{origin.replace('http', 'ws')}/v1/realtime?model={MODEL}"
    headers = {"Authorization": f"Bearer {API_KEY}", "OpenAI-Beta": "realtime=v1"}
    async with websockets.connect(url, additional_headers=headers) as socket:
        assert "beta_api_shape_disabled" in str(await socket.recv())
        await socket.wait_closed()
        assert socket.close_code == 4000


@pytest.mark.parametrize(("query", "status"), [("call_id=rtc_no", 404), ("", 400), ("model=gpt-9", 404)])
async def test_refuses_an_upgrade(origin: str, query: str, status: int) -> None:
    url = f"{origin.replace('http', 'ws')}/v1/realtime?{query}"
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(url, additional_headers={"Authorization": f"Bearer {API_KEY}"})
    assert refused.value.response.status_code == status


async def test_a_session_ends_after_its_maximum_duration(serve: Serve) -> None:
    origin = await serve(knobs=Knobs(max_session_seconds=0.05))
    async with client_for(origin) as client, client.realtime.connect(model=MODEL) as connection:
        assert (await until(connection, "error"))[-1].error.code == "session_expired"
        with pytest.raises(websockets.ConnectionClosedOK):
            await connection.recv()


async def test_stopping_the_stand_in_closes_open_sockets() -> None:
    async with serving(create_app(hearing=Hearing(), synthesize=hum)) as origin:
        client = client_for(origin)
        connection = await client.realtime.connect(model=MODEL).enter()
        await until(connection, "session.created")
    with pytest.raises(websockets.ConnectionClosed):
        await connection.recv()
    await client.close()
