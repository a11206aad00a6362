"""Calls over real WebRTC with an aiortc peer as the browser."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from openai import AsyncOpenAI
from standins.openai import Knobs, create_app, speech
from standins.openai.recognition import Recognizer
from standins.serving import serving

from .calling import Caller
from .conftest import client_for
from .talking import LOUD, QUIET, Hearing, hum

pytestmark = pytest.mark.asyncio

MODEL = "gpt-realtime-2.1"
TRANSCRIBED = {"type": "realtime", "audio": {"input": {"transcription": {"model": "gpt-transcribe"}}}}
Serve = Callable[..., Awaitable[str]]
Dial = Callable[..., Awaitable[str]]


@pytest_asyncio.fixture
async def dial(openai_client: AsyncOpenAI, caller: Caller) -> Dial:
    """Call with the unified interface; returns the call's id once session.created has come."""

    async def dial(**session: Any) -> str:
        return await call_with(openai_client, caller, session)

    return dial


async def call_with(client: AsyncOpenAI, caller: Caller, session: dict[str, Any]) -> str:
    config: Any = {"type": "realtime", "model": MODEL, **session}
    answer = await client.realtime.calls.with_raw_response.create(sdp=await caller.offer(), session=config)
    assert (answer.http_response.status_code, answer.headers["content-type"]) == (201, "application/sdp")
    await caller.accept(answer.http_response.text)
    await caller.listener.wait_for("session.created")
    return str(answer.headers["Location"]).removeprefix("/v1/realtime/calls/")


async def test_the_greeting_is_heard(dial: Dial, caller: Caller) -> None:
    assert (await dial()).startswith("rtc_")
    caller.greet()
    await caller.listener.wait_for("output_audio_buffer.stopped")
    assert caller.hears_something
    assert caller.listener.said().startswith("Hello, this is the offline stand-in for OpenAI.")
    assert caller.listener.all("response.output_audio.delta") == []


async def test_a_call_with_a_client_secret_has_the_minted_config(
    origin: str, openai_client: AsyncOpenAI, caller: Caller
) -> None:
    minted = await openai_client.realtime.client_secrets.create(
        session={"type": "realtime", "model": MODEL, "instructions": "Be brief."}
    )
    headers = {"Authorization": f"Bearer {minted.value}", "Content-Type": "application/sdp"}
    url = f"{origin}/v1/realtime/calls"
    async with aiohttp.request("POST", url, data=await caller.offer(), headers=headers) as answer:
        assert answer.status == 201
        await caller.accept(await answer.text())
    created = await caller.listener.wait_for("session.created")
    assert created["session"]["instructions"] == "Be brief."


async def test_the_answer_stays_on_this_machine_and_limits_messages(openai_client: AsyncOpenAI, caller: Caller) -> None:
    answer = await openai_client.realtime.calls.with_raw_response.create(sdp=await caller.offer())
    sdp = answer.http_response.text
    candidates = [line for line in sdp.splitlines() if line.startswith("a=candidate")]
    assert candidates
    assert all(" 127.0.0.1 " in line for line in candidates)
    assert "a=max-message-size:65536\r\n" in sdp
    assert "a=setup:active\r\n" in sdp


async def test_an_offer_needs_no_candidates(openai_client: AsyncOpenAI, caller: Caller) -> None:
    offer = "".join(
        line for line in (await caller.offer()).splitlines(keepends=True) if not line.startswith("a=candidate")
    )
    answer = await openai_client.realtime.calls.create(sdp=offer)
    await caller.accept((await answer.aread()).decode())
    await caller.listener.wait_for("session.created")


async def test_a_video_line_is_answered_inactive(openai_client: AsyncOpenAI, caller: Caller) -> None:
    caller.connection.addTransceiver("video")
    answer = await openai_client.realtime.calls.create(sdp=await caller.offer())
    sdp = (await answer.aread()).decode()
    assert "a=inactive" in sdp.partition("m=video")[2]
    await caller.accept(sdp)
    await caller.listener.wait_for("session.created")


async def test_speech_into_the_microphone_is_answered(dial: Dial, caller: Caller) -> None:
    await dial(**TRANSCRIBED)
    caller.microphone.waiting += QUIET + LOUD + QUIET
    name = "conversation.item.input_audio_transcription.completed"
    assert (await caller.listener.wait_for(name))["transcript"] == "hello there"
    await caller.listener.wait_for("response.done")
    assert "Hello! How can I help you?" in caller.listener.said()


async def test_speaking_into_the_answer_stops_it(dial: Dial, caller: Caller) -> None:
    await dial()
    content = [{"type": "input_text", "text": "count to one hundred"}]
    caller.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})
    caller.send("response.create")
    await caller.listener.wait_for("output_audio_buffer.started")
    caller.microphone.waiting += QUIET + LOUD
    await caller.listener.wait_for("conversation.item.truncated")
    response = caller.listener.all("response.done")[0]["response"]
    assert response["status_details"]["reason"] == "turn_detected"
    assert caller.listener.all("output_audio_buffer.cleared")
    played_ms = caller.listener.last("conversation.item.truncated")["audio_end_ms"]
    assert 0 < played_ms < 10_000


async def test_hanging_up_ends_the_call_and_its_sideband(
    dial: Dial, openai_client: AsyncOpenAI, caller: Caller, http: aiohttp.ClientSession
) -> None:
    call_id = await dial()
    async with openai_client.realtime.connect(call_id=call_id) as sideband:
        await sideband.session.update(session={"type": "realtime", "instructions": "From the side."})
        updated = json.loads(await sideband.recv_bytes())
        assert updated["type"] == "session.updated"
        seen = await caller.listener.wait_for("session.updated")
        assert seen["session"]["instructions"] == "From the side."
        await openai_client.realtime.calls.hangup(call_id)
        with pytest.raises(Exception, match="1000"):
            await sideband.recv()
    await caller.until(lambda: caller.connection.connectionState == "closed")
    async with http.post(f"/v1/realtime/calls/{call_id}/hangup") as again:
        assert again.status == 404
    async with http.get("/_standin/calls") as answer:
        (call,) = (await answer.json())["calls"]
    assert (call["id"], call["setup"], call["state"]) == (call_id, "unified", "hung up")
    assert call["events_sent"] >= 2
    assert call["events_received"] == 1


async def test_there_is_no_sideband_before_the_peers_have_found_each_other(
    openai_client: AsyncOpenAI, caller: Caller, http: aiohttp.ClientSession
) -> None:
    offer = {"data": await caller.offer(), "headers": {"Content-Type": "application/sdp"}}
    async with http.post("/v1/realtime/calls", **offer) as opened:
        call_id = opened.headers["Location"].rpartition("/")[2]
    with pytest.raises(Exception, match="404"):
        await openai_client.realtime.connect(call_id=call_id).enter()


async def test_a_client_secret_opens_no_sideband(dial: Dial, origin: str, openai_client: AsyncOpenAI) -> None:
    call_id = await dial()
    minted = await openai_client.realtime.client_secrets.create()
    async with client_for(origin, api_key=minted.value) as stranger:
        with pytest.raises(Exception, match="404"):
            await stranger.realtime.connect(call_id=call_id).enter()


async def test_a_caller_who_leaves_is_cleaned_up(dial: Dial, caller: Caller, http: aiohttp.ClientSession) -> None:
    await dial()
    await caller.connection.close()

    async def state() -> str:
        async with http.get("/_standin/calls") as answer:
            return str((await answer.json())["calls"][0]["state"])

    await caller.until_async(state, "the peer went away")


async def test_a_caller_who_never_comes_is_cleaned_up(serve: Serve, caller: Caller) -> None:
    origin = await serve(knobs=Knobs(connect_timeout_seconds=0.05))
    async with client_for(origin) as client, aiohttp.ClientSession(origin) as http:
        await client.realtime.calls.create(sdp=await caller.offer())

        async def state() -> str:
            async with http.get("/_standin/calls") as answer:
                return str((await answer.json())["calls"][0]["state"])

        await caller.until_async(state, "never connected")


async def test_a_message_too_large_closes_the_channel(dial: Dial, caller: Caller) -> None:
    await dial()
    caller.listener.clear()
    caller.ignore_message_limit()
    caller.send("session.update", session={"type": "realtime", "instructions": "x" * 65_536})
    await caller.until(lambda: caller.channel.readyState == "closed")
    assert caller.listener.events == []


async def test_without_a_limit_large_messages_pass(serve: Serve, caller: Caller) -> None:
    origin = await serve(knobs=Knobs(max_message_bytes=None))
    async with client_for(origin) as client:
        await call_with(client, caller, {})
        caller.ignore_message_limit()
        caller.send("session.update", session={"type": "realtime", "instructions": "x" * 65_536})
        await caller.listener.wait_for("session.updated")


async def test_the_session_ends_with_a_last_event(serve: Serve, caller: Caller) -> None:
    origin = await serve(knobs=Knobs(max_session_seconds=0.3))
    async with client_for(origin) as client:
        await call_with(client, caller, {})
        assert (await caller.listener.wait_for("error"))["error"]["code"] == "session_expired"
        await caller.until(lambda: caller.connection.connectionState == "closed")


async def test_a_phone_call_is_accepted_referred_and_rejected_by_the_sdk(
    openai_client: AsyncOpenAI, http: aiohttp.ClientSession
) -> None:
    ids = []
    for _ in range(2):
        async with http.post("/_standin/calls") as answer:
            ids.append((await answer.json())["id"])
    calls = openai_client.realtime.calls
    await calls.accept(ids[0], type="realtime", model=MODEL, instructions="Answer the phone.")
    async with openai_client.realtime.connect(call_id=ids[0]) as sideband:
        await sideband.response.create(response={"output_modalities": ["text"]})
        while json.loads(await sideband.recv_bytes())["type"] != "response.done":
            pass
    await calls.refer(ids[0], target_uri="tel:+14155550123")
    await calls.reject(ids[1], status_code=486)
    async with http.get("/_standin/calls") as answer:
        states = [call["state"] for call in (await answer.json())["calls"]]
    assert states == ["referred to tel:+14155550123", "rejected with 486"]


async def test_a_spoken_question_is_heard_and_answered_by_voice(serve: Serve, caller: Caller) -> None:
    """With real speech at both ends and nothing scripted."""
    origin = await serve(hearing=Recognizer(), synthesize=speech.synthesize)
    async with client_for(origin) as client:
        await call_with(client, caller, TRANSCRIBED)
        caller.microphone.waiting += QUIET + speech.synthesize("What is two plus three?") + QUIET
        name = "conversation.item.input_audio_transcription.completed"
        assert "plus" in (await caller.listener.wait_for(name))["transcript"]
        await caller.listener.wait_for("response.done")
        assert " plus " in caller.listener.said()
        await caller.until(lambda: caller.hears_something)


async def test_nothing_is_left_when_the_stand_in_stops(caller: Caller) -> None:
    async with serving(create_app(hearing=Hearing(), synthesize=hum)) as origin, client_for(origin) as client:
        await call_with(client, caller, {})
        caller.greet()
        await caller.listener.wait_for("output_audio_buffer.started")
    await caller.close()
    await caller.until(lambda: asyncio.all_tasks() == {asyncio.current_task()})
