"""A session: client events and microphone audio go in, server events and spoken audio come out.

It knows no transport: a data channel, a WebSocket or a phone line attaches a sink and feeds it.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from standins.openai.client_events import (
    AudioAppend,
    ItemCreate,
    ItemDelete,
    ItemRetrieve,
    ItemTruncate,
    OutputAudioClear,
    ResponseCancel,
    ResponseCreate,
    SessionUpdate,
    parse_client_event,
)
from standins.openai.context import Faculties, SessionContext
from standins.openai.conversation import new_entry
from standins.openai.errors import ApiError
from standins.openai.event_bus import EventBus, Sink
from standins.openai.ids import new_id
from standins.openai.images import image_size
from standins.openai.knobs import Knobs
from standins.openai.output_audio import OutputAudio, Silence
from standins.openai.responses import Responses
from standins.openai.session_config import SessionConfig, updated
from standins.openai.spoken_turns import SpokenTurns
from standins.values import Json

SESSION_ENDED = 1000


class Session:
    """One conversation with its config. `on_end` is called once, when the session ends by itself."""

    def __init__(self, config: SessionConfig, faculties: Faculties, knobs: Knobs) -> None:
        self.id = new_id("sess")
        self.bus = EventBus(faculties.event_faults)
        self.received = 0
        self.on_end: Callable[[], None] = lambda: None
        self._knobs = knobs
        self._expires_at = 0
        self._expiry: asyncio.TimerHandle | None = None
        self._context = SessionContext(config, faculties, self.bus, Silence())
        self._responses = Responses(self._context)
        self._turns = SpokenTurns(self._context, self._responses)
        self._handlers: dict[str, Callable[[Any], None]] = {
            "session.update": self._update,
            "conversation.item.create": self._create_item,
            "conversation.item.retrieve": self._retrieve_item,
            "conversation.item.delete": self._delete_item,
            "conversation.item.truncate": self._truncate_item,
            "response.create": self._create_response,
            "response.cancel": self._cancel_response,
            "input_audio_buffer.append": self._append_audio,
            "input_audio_buffer.commit": lambda _: self._turns.commit(),
            "input_audio_buffer.clear": lambda _: self._turns.clear(),
            "output_audio_buffer.clear": self._clear_output,
        }

    def speak_into(self, output: OutputAudio) -> None:
        """Set where spoken audio goes; until then it is dropped."""
        self._context.output = output

    def start(self) -> None:
        """Say `session.created` and let the session's time run."""
        seconds = self._knobs.max_session_seconds
        self._expires_at = round(self._knobs.clock() + seconds)
        self._expiry = asyncio.get_running_loop().call_later(seconds, self._expire)
        self.bus.emit("session.created", session=self.described())

    def receive(self, message: str, sink: Sink) -> None:
        """Handle one client event, as JSON text; a refusal goes to the sink it came from."""
        self.received += 1
        event_id = None
        try:
            event = _decode(message)
            event_id = event.get("event_id") if isinstance(event.get("event_id"), str) else None
            if self._context.faculties.event_faults.pass_on(event) is None:
                return
            parsed = parse_client_event(event)
            self._handlers[parsed.type](parsed)
        except ApiError as error:
            self.bus.refuse(error, event_id, sink)

    def hear(self, pcm: bytes) -> None:
        """Take microphone audio in: 24 kHz PCM."""
        self._turns.hear(pcm)

    def expect_speech(self) -> None:
        """The answer has been played: the idle timeout counts from here."""
        self._turns.expect_speech()

    def described(self) -> Json:
        """The whole session as `session.created` and `session.updated` show it."""
        names = {"object": "realtime.session", "id": self.id, "expires_at": self._expires_at}
        return {**self._context.config.echo(), **names}

    async def close(self, code: int = SESSION_ENDED) -> None:
        """End all work of the session and close everything that listens to it."""
        if self._expiry:
            self._expiry.cancel()
        await self._responses.close()
        await self._turns.close()
        self.bus.close(code)

    def _expire(self) -> None:
        minutes = round(self._knobs.max_session_seconds / 60)
        message = f"Your session hit the maximum duration of {minutes} minutes."
        self.bus.fail(ApiError("session_expired", message))
        self.on_end()

    def _update(self, event: SessionUpdate) -> None:
        context = self._context
        context.config = updated(context.config, event.session, voice_is_fixed=context.has_spoken)
        self.bus.emit("session.updated", session=self.described())

    def _create_item(self, event: ItemCreate) -> None:
        entry = new_entry(event.item.model_dump())
        for url in entry.image_urls():
            image_size(url)
        previous_id = self._context.conversation.insert(entry, event.previous_item_id)
        for name in ("added", "done"):
            self.bus.emit(f"conversation.item.{name}", previous_item_id=previous_id, item=entry.item)

    def _retrieve_item(self, event: ItemRetrieve) -> None:
        entry = self._context.conversation.get(event.item_id, "retrieve")
        self.bus.emit("conversation.item.retrieved", item=entry.item)

    def _delete_item(self, event: ItemDelete) -> None:
        self._context.conversation.delete(event.item_id)
        self.bus.emit("conversation.item.deleted", item_id=event.item_id)

    def _truncate_item(self, event: ItemTruncate) -> None:
        self._context.conversation.truncate(event.item_id, event.audio_end_ms)
        place = {"content_index": event.content_index, "audio_end_ms": event.audio_end_ms}
        self.bus.emit("conversation.item.truncated", item_id=event.item_id, **place)

    def _create_response(self, event: ResponseCreate) -> None:
        self._responses.create(event.response)

    def _cancel_response(self, event: ResponseCancel) -> None:
        self._responses.cancel(event.response_id)

    def _append_audio(self, event: AudioAppend) -> None:
        self._turns.hear_base64(event.audio)

    def _clear_output(self, _event: OutputAudioClear) -> None:
        if not self._context.output.plays_on_track:
            message = "output_audio_buffer.clear is for WebRTC and SIP calls."
            raise ApiError("invalid_value", message, param="type")
        self._responses.clear_output()


def _decode(message: str) -> Json:
    try:
        event = json.loads(message)
    except (ValueError, RecursionError):
        raise ApiError("invalid_json", "The event is not valid JSON.") from None
    if not isinstance(event, dict):
        raise ApiError("invalid_value", "Expected a JSON object.")
    return event
