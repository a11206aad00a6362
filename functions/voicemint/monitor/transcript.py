"""What the server itself heard of a call, kept in the bucket: the transcript, the usage, and what watch_call did.

An object an event, named by what makes it one event: two watches of one call, or one that is taken up again, write it
once. Written by threads of their own, so that a slow bucket delays no deadline.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from voicemint.calls.call import KnownCall
from voicemint.errors import StorageUnavailable
from voicemint.google.payload_bucket import Bucket
from voicemint.payloads.batch import encode_records, server_event, server_object_name
from voicemint.settings import PayloadLevel

CONTENT_TYPE = "application/x-ndjson"
WRITES_AT_ONCE = 16
TRIES = 3

# An event of OpenAI's that is kept, and the fields that say which one it is.
KEPT: dict[str, tuple[str, ...]] = {
    "conversation.item.done": ("item.id",),
    "conversation.item.input_audio_transcription.completed": ("item_id", "content_index"),
    "conversation.item.input_audio_transcription.failed": ("item_id", "content_index"),
    "conversation.item.truncated": ("item_id", "audio_end_ms"),
    "response.output_audio_transcript.done": ("response_id", "item_id", "content_index"),
    "response.output_text.done": ("response_id", "item_id", "content_index"),
    "response.done": ("response.id",),
    "error": ("event_id",),
}


def kept_as(event: dict[str, Any]) -> str | None:
    """What names the object of an event that is kept; None for all others."""
    fields = KEPT.get(str(event.get("type")))
    if fields is None:
        return None
    return "/".join([str(event["type"]), *(str(_field(event, path)) for path in fields)])


def _field(event: Any, path: str) -> Any:
    for name in path.split("."):
        event = event.get(name) if isinstance(event, dict) else None
    return event


class CallRecords:
    """Writes for all calls of a process. Safe to share between threads."""

    def __init__(self, bucket: Bucket, level: PayloadLevel, now: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self._bucket = bucket
        self._level = level
        self._now = now
        self._threads = ThreadPoolExecutor(WRITES_AT_ONCE, thread_name_prefix="records")

    def write(self, call: KnownCall, key: str, event: dict[str, Any], request_id: str) -> "Future[None] | None":
        """Begin to write one event; None where payloads are off."""
        if self._level == "off":
            return None
        now = self._now()
        fields = {
            "call_id": call.call_id,
            "sequence": None,
            "person": call.person_id,
            "received_at": now.isoformat(),
            "request_id": request_id,
        }
        entry = {"at": now.isoformat(), "direction": "server", "event": server_event(event, self._level)}
        name = server_object_name(call.call_id, key, datetime.fromtimestamp(call.started_at, UTC).date())
        return self._threads.submit(self._create, name, encode_records([entry], fields, "server"))

    def _create(self, name: str, content: bytes) -> None:
        for _ in range(TRIES - 1):
            with suppress(StorageUnavailable):
                self._bucket.create(name, content, CONTENT_TYPE)
                return
        self._bucket.create(name, content, CONTENT_TYPE)
