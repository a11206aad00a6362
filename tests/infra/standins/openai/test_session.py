"""A session's life: created, updated, refusing, expiring."""

import base64
from collections.abc import Callable

import pytest

from .listening import Listener
from .talking import QUIET, Talk

pytestmark = pytest.mark.asyncio

FUNCTION = {"type": "function", "name": "get_weather", "description": "Weather of a city", "parameters": {}}


async def test_says_session_created_first_with_every_field(talk: Talk) -> None:
    created = talk.listener.events[0]
    assert created["type"] == "session.created"
    session = created["session"]
    assert session["object"] == "realtime.session"
    assert session["audio"]["input"]["turn_detection"]["type"] == "server_vad"
    assert session["tools"] == []
    assert session["expires_at"] > 0


async def test_an_update_changes_only_what_it_names(talk: Talk) -> None:
    talk.update(instructions="Be short.", audio={"output": {"voice": "marin"}})
    talk.update(audio={"input": {"transcription": {"model": "gpt-transcribe"}, "turn_detection": None}})
    session = talk.listener.last("session.updated")["session"]
    assert session["instructions"] == "Be short."
    assert session["audio"]["output"]["voice"] == "marin"
    assert session["audio"]["input"]["transcription"] == {"model": "gpt-transcribe"}
    assert session["audio"]["input"]["turn_detection"] is None


async def test_fields_are_cleared_by_empty_values(talk: Talk) -> None:
    talk.update(tools=[FUNCTION], instructions="x", audio={"input": {"noise_reduction": {"type": "near_field"}}})
    talk.update(tools=[], instructions="", audio={"input": {"noise_reduction": None}})
    session = talk.listener.last("session.updated")["session"]
    assert session["tools"] == []
    assert session["instructions"] == ""
    assert session["audio"]["input"]["noise_reduction"] is None


async def test_takes_the_first_update_of_the_agents_sdk(talk: Talk) -> None:
    talk.update(
        instructions="You are kind.",
        model="gpt-realtime-2.1",
        output_modalities=["audio"],
        tool_choice=None,
        audio={
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "noise_reduction": None,
                "transcription": {"model": "gpt-4o-mini-transcribe"},
                "turn_detection": {"type": "semantic_vad"},
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24000}, "speed": 1, "voice": None},
        },
    )
    talk.update(tracing="auto")
    assert talk.listener.types == ["session.created", "session.updated", "session.updated"]


async def test_every_kind_of_tool_and_option_is_echoed_in_the_sdks_shape(talk: Talk) -> None:
    talk.update(
        tools=[FUNCTION, {"type": "mcp", "server_label": "ours", "server_url": "https://example.com/mcp"}],
        tool_choice={"type": "function", "name": "get_weather"},
        tracing={"workflow_name": "w"},
        truncation={"type": "retention_ratio", "retention_ratio": 0.8, "token_limits": {"post_instructions": 8000}},
        reasoning={"effort": "low"},
        parallel_tool_calls=True,
        max_output_tokens=200,
        prompt={"id": "pmpt_1"},
        include=["item.input_audio_transcription.logprobs"],
    )
    assert talk.listener.last("session.updated")["session"]["tool_choice"]["name"] == "get_weather"


@pytest.mark.parametrize("message", ["", "{", "[" * 100_000, "[]", "3", "null", "\x00"])
async def test_refuses_what_is_no_event_and_goes_on(talk: Talk, message: str) -> None:
    talk.session.receive(message, talk.listener)
    talk.update(instructions="Still here.")
    assert talk.listener.types == ["session.created", "error", "session.updated"]


async def test_the_voice_is_fixed_once_it_was_heard(talk: Talk) -> None:
    await talk.respond()
    talk.update(audio={"output": {"voice": "marin"}})
    assert talk.listener.last("error")["error"]["code"] == "cannot_update_voice"


async def test_expires_with_an_error_and_ends(start_talk: Callable[..., Talk], listener: Listener) -> None:
    ended: list[bool] = []
    talk = start_talk(max_session_seconds=0.01)
    talk.session.on_end = lambda: ended.append(True)
    error = (await listener.wait_for("error"))["error"]
    assert error["code"] == "session_expired"
    assert ended == [True]


async def test_no_answer_to_appended_silence(talk: Talk) -> None:
    talk.send("input_audio_buffer.append", audio=base64.b64encode(QUIET).decode())
    assert talk.listener.types == ["session.created"]
