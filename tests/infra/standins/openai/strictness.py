"""Hold server events to the openai SDK's own types: every required key there, no key it does not know."""

from collections.abc import Iterator
from typing import Any

from openai.types.realtime import (
    RealtimeServerEvent,
    RealtimeSessionCreateResponse,
    RealtimeTranscriptionSessionCreateResponse,
)
from pydantic import BaseModel, TypeAdapter

Event = dict[str, Any]

_EVENT: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
_SESSION: TypeAdapter[Any] = TypeAdapter(RealtimeSessionCreateResponse | RealtimeTranscriptionSessionCreateResponse)
# The SDK types the session of session.created/updated as a request, which has no id; the API shows one.
SESSION_NAMES = ("id", "object", "expires_at")
# In the request's type, not in the response's.
REQUEST_ONLY = ("parallel_tool_calls",)

_DELTA_KEYS = {"response_id", "item_id", "output_index", "content_index"}
# What @openai/agents-realtime's zod schemas require beyond the SDK's types.
REQUIRED_KEYS: dict[str, set[str]] = {
    "conversation.item.added": {"previous_item_id"},
    "conversation.item.done": {"previous_item_id"},
    "response.output_item.done": {"response_id", "output_index"},
    "response.output_text.delta": _DELTA_KEYS,
    "response.output_audio_transcript.delta": _DELTA_KEYS,
    "response.output_audio.delta": _DELTA_KEYS,
    "conversation.item.input_audio_transcription.delta": {"content_index", "delta"},
}


def check_event(event: Event) -> None:
    """Fail unless the event is exactly what the SDK's types describe."""
    parsed = _EVENT.validate_python(_without_session_names(event), strict=True)
    assert parsed.type == event["type"]
    assert list(_unknown_keys(parsed)) == []
    missing = {"event_id", *REQUIRED_KEYS.get(event["type"], set())} - event.keys()
    assert not missing, f"{event['type']} lacks {missing}"
    _check_items(event)
    if "session" in event:
        check_session(event["session"])


def check_session(session: Event) -> None:
    """Fail unless the session is exactly what the SDK describes for a minted client secret."""
    shown = {key: value for key, value in session.items() if key not in REQUEST_ONLY}
    parsed = _SESSION.validate_python(shown, strict=True)
    unknown = list(_unknown_keys(parsed))
    # A transcription session is described in the SDK with the flat turn detection of the beta.
    assert unknown == [] or session["type"] == "transcription", unknown


def _without_session_names(event: Event) -> Event:
    if "session" not in event:
        return event
    session = {key: value for key, value in event["session"].items() if key not in SESSION_NAMES}
    return {**event, "session": session}


def _unknown_keys(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from (f"{path}.{key}" for key in value.model_extra or {})
        for name in value.model_fields_set - set(value.model_extra or {}):
            yield from _unknown_keys(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _unknown_keys(inner, f"{path}[{index}]")


def _check_items(event: Event) -> None:
    for item in [event.get("item"), *event.get("response", {}).get("output", [])]:
        if item and item["type"] == "message":
            for part in item["content"]:
                assert part["type"] != "input_audio" or "transcript" in part
        if item:
            assert {"id", "object", "status"} <= item.keys()
