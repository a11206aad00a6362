"""Client events that are refused, with the code and the parameter OpenAI names."""

import base64
import json
from typing import Any

import pytest

from .talking import Talk

pytestmark = pytest.mark.asyncio

SESSION_REFUSALS: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "no type": ({"instructions": "x"}, "missing_required_parameter", "session.type"),
    "unknown key": ({"type": "realtime", "foo": 1}, "unknown_parameter", "session.foo"),
    "beta key": ({"type": "realtime", "modalities": ["text"]}, "unknown_parameter", "session.modalities"),
    "beta temperature": ({"type": "realtime", "temperature": 1}, "unknown_parameter", "session.temperature"),
    "both modalities": (
        {"type": "realtime", "output_modalities": ["text", "audio"]},
        "invalid_value",
        "session.output_modalities",
    ),
    "other model": ({"type": "realtime", "model": "gpt-realtime"}, "invalid_value", "session.model"),
    "other type": ({"type": "transcription"}, "invalid_value", "session.type"),
    "unknown voice": (
        {"type": "realtime", "audio": {"output": {"voice": "bob"}}},
        "invalid_value",
        "session.audio.output.voice",
    ),
    "voice at the top": ({"type": "realtime", "voice": "alloy"}, "unknown_parameter", "session.voice"),
    "loud threshold": (
        {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 2}}}},
        "invalid_value",
        "session.audio.input.turn_detection.threshold",
    ),
    "eagerness of server_vad": (
        {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad", "eagerness": "low"}}}},
        "unknown_parameter",
        "session.audio.input.turn_detection.eagerness",
    ),
    "sample rate": (
        {"type": "realtime", "audio": {"input": {"format": {"type": "audio/pcm", "rate": 16000}}}},
        "invalid_value",
        "session.audio.input.format.rate",
    ),
    "speed": (
        {"type": "realtime", "audio": {"output": {"speed": 3}}},
        "invalid_value",
        "session.audio.output.speed",
    ),
    "no tokens": ({"type": "realtime", "max_output_tokens": 0}, "invalid_value", "session.max_output_tokens"),
    "too many tokens": (
        {"type": "realtime", "max_output_tokens": 5000},
        "invalid_value",
        "session.max_output_tokens",
    ),
    "tool without name": (
        {"type": "realtime", "tools": [{"type": "function"}]},
        "missing_required_parameter",
        "session.tools[0].name",
    ),
}


@pytest.mark.parametrize(("session", "code", "param"), SESSION_REFUSALS.values(), ids=SESSION_REFUSALS.keys())
async def test_refuses_a_session_update(talk: Talk, session: dict[str, Any], code: str, param: str) -> None:
    before = talk.session.described()
    talk.send("session.update", session=session, event_id="mine")
    error = talk.listener.last("error")["error"]
    assert (error["code"], error["param"], error["event_id"]) == (code, param, "mine")
    assert error["type"] == "invalid_request_error"
    assert talk.session.described() == before


AUDIO_ITEM = {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Hi"}]}
NOT_A_PICTURE = {
    "type": "message",
    "role": "user",
    "content": [{"type": "input_image", "image_url": "https://example.com/cat.png"}],
}
EVENT_REFUSALS: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "ping": ({"type": "ping"}, "invalid_value", "type"),
    "no type": ({}, "missing_required_parameter", "type"),
    "type is a number": ({"type": 3}, "invalid_value", "type"),
    "input beside response": (
        {"type": "response.create", "input": "Say one sentence."},
        "unknown_parameter",
        "input",
    ),
    "input is a text": (
        {"type": "response.create", "response": {"input": "Hi"}},
        "invalid_value",
        "response.input",
    ),
    "unknown response key": (
        {"type": "response.create", "response": {"temperature": 1}},
        "unknown_parameter",
        "response.temperature",
    ),
    "too much metadata": (
        {"type": "response.create", "response": {"metadata": {str(n): "x" for n in range(17)}}},
        "invalid_value",
        "response.metadata",
    ),
    "reference to nothing": (
        {"type": "response.create", "response": {"input": [{"type": "item_reference", "id": "item_no"}]}},
        "item_reference_invalid_item_id",
        None,
    ),
    "cancel nothing": ({"type": "response.cancel"}, "response_cancel_not_active", None),
    "item without role": (
        {"type": "conversation.item.create", "item": {"type": "message", "content": []}},
        "missing_required_parameter",
        "item.role",
    ),
    "no item": ({"type": "conversation.item.create"}, "missing_required_parameter", "item"),
    "assistant audio": (
        {"type": "conversation.item.create", "item": AUDIO_ITEM},
        "missing_required_parameter",
        "item.content[0].text",
    ),
    "after nothing": (
        {
            "type": "conversation.item.create",
            "previous_item_id": "item_no",
            "item": {"type": "function_call_output", "call_id": "c", "output": "1"},
        },
        "invalid_value",
        "previous_item_id",
    ),
    "picture by URL": (
        {"type": "conversation.item.create", "item": NOT_A_PICTURE},
        "invalid_value",
        "item.content.image_url",
    ),
    "retrieve nothing": (
        {"type": "conversation.item.retrieve", "item_id": "item_no"},
        "item_retrieve_invalid_item_id",
        None,
    ),
    "delete nothing": (
        {"type": "conversation.item.delete", "item_id": "item_no"},
        "item_delete_invalid_item_id",
        None,
    ),
    "truncate nothing": (
        {"type": "conversation.item.truncate", "item_id": "item_no", "content_index": 0, "audio_end_ms": 1},
        "item_truncate_invalid_item_id",
        None,
    ),
    "append no base64": (
        {"type": "input_audio_buffer.append", "audio": "***"},
        "invalid_value",
        "audio",
    ),
    "append half a sample": (
        {"type": "input_audio_buffer.append", "audio": base64.b64encode(b"abc").decode()},
        "invalid_value",
        "audio",
    ),
    "commit nothing": ({"type": "input_audio_buffer.commit"}, "input_audio_buffer_commit_empty", None),
    "clear on a WebSocket": ({"type": "output_audio_buffer.clear"}, "invalid_value", "type"),
}


@pytest.mark.parametrize(("event", "code", "param"), EVENT_REFUSALS.values(), ids=EVENT_REFUSALS.keys())
async def test_refuses_a_client_event(talk: Talk, event: dict[str, Any], code: str, param: str | None) -> None:
    talk.session.receive(json.dumps(event), talk.listener)
    error = talk.listener.last("error")["error"]
    assert (error["code"], error["param"]) == (code, param)
    assert talk.listener.types == ["session.created", "error"]
