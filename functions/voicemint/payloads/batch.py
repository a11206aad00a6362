"""Payloads: what the browser sends to be stored of a call. Checked, redacted and named here; google/payload_bucket.py
stores them.

A stored object is one batch, newline-delimited JSON, a record a line:
{"call_id", "sequence", "line", "person", "received_at", "request_id", "client": what the browser sent}.
Client data stays under `client`, so it cannot imitate the server's fields. What the server heard of a call (watch_call)
has the same form under `server`, one object per event.
"""

import hashlib
import json
import math
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from voicemint.api.json_body import parse_json
from voicemint.errors import InvalidRequest
from voicemint.openai.call_ids import CALL_ID
from voicemint.redaction import redact
from voicemint.settings import PayloadLevel

MAX_BATCH_BYTES = 64 * 1024 - 1  # api/routes.py says why not one more
MAX_EVENTS = 200
MAX_LEVELS = 16
MAX_STRING_BYTES = 8 * 1024
MAX_INTEGER = 2**63 - 1  # what BigQuery's INT64 and most readers hold
LEFT_OUT = "[left out]"
CLIENT_CLOCK_TRUST = timedelta(hours=48)

_BATCH = re.compile(rf"({CALL_ID})/(\d{{1,6}})", re.ASCII)

# `metadata` keeps what tells how a call went, and none of what was said. A string survives under these keys only.
_METADATA_KEYS = frozenset(
    [
        "at",
        "call_id",
        "code",
        "conversation_id",
        "direction",
        "event_id",
        "id",
        "item_id",
        "model",
        "name",
        "object",
        "previous_item_id",
        "reason",
        "response_id",
        "role",
        "status",
        "type",
        "voice",
    ]
)


def parse_batch_header(value: str | None) -> tuple[str, int]:
    """`Voicemint-Batch: <call_id>/<sequence>`. Raises InvalidRequest."""
    match = _BATCH.fullmatch(value or "")
    if match is None:
        raise InvalidRequest("Expected the header Voicemint-Batch: <call id>/<sequence 0 to 999999>.")
    return match.group(1), int(match.group(2))


def parse_batch(body: bytes, level: PayloadLevel) -> list[dict[str, Any]]:
    """The batch's events, redacted and cut down to `level`. Raises InvalidRequest naming the line."""
    lines = body.removesuffix(b"\n").split(b"\n")
    if len(lines) > MAX_EVENTS:
        raise InvalidRequest(f"The batch has {len(lines)} lines; at most {MAX_EVENTS} are allowed.")
    return [_parse_line(number, line, level) for number, line in enumerate(lines, start=1)]


def object_name(call_id: str, sequence: int, body: bytes, day: date) -> str:
    """Made of checked parts only. The same bytes get the same name, so a repeated batch is one object."""
    digest = hashlib.sha256(body).hexdigest()[:16]
    return f"calls/dt={day:%Y-%m-%d}/{call_id}/{sequence:06d}-{digest}.ndjson"


def server_object_name(call_id: str, key: str, day: date) -> str:
    """For one event that the server heard. The same `key` gives the same name, however often it is heard."""
    return f"calls/dt={day:%Y-%m-%d}/{call_id}/server-{hashlib.sha256(key.encode()).hexdigest()[:16]}.ndjson"


def server_event(event: dict[str, Any], level: PayloadLevel) -> dict[str, Any]:
    """An event from OpenAI, redacted and reduced to `level`. Parts that are too long or too deep are left out."""
    cleaned = _clean(_bounded(event, MAX_LEVELS), MAX_LEVELS)
    return _metadata_of(cleaned) if level == "metadata" else cleaned  # type: ignore[no-any-return]


def batch_day(events: list[dict[str, Any]], now: datetime) -> date:
    """The UTC day of the batch's first event, so that a repeat after midnight keeps its name.

    If the client's clock is more than 48 hours off, it is today.
    """
    try:
        at = datetime.fromisoformat(events[0]["at"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError, OverflowError):
        return now.date()
    return at.date() if abs(at - now) <= CLIENT_CLOCK_TRUST else now.date()


def encode_records(
    events: list[dict[str, Any]], server_fields: dict[str, Any], source: Literal["client", "server"] = "client"
) -> bytes:
    """One JSON line per event. ASCII only, so no reader mistakes a line separator in a string for a line's end."""
    records = ({**server_fields, "line": line, source: event} for line, event in enumerate(events))
    return b"".join(json.dumps(record, separators=(",", ":")).encode() + b"\n" for record in records)


def _parse_line(number: int, line: bytes, level: PayloadLevel) -> dict[str, Any]:
    try:
        event = parse_json(line)
        if not isinstance(event, dict):
            raise InvalidRequest("expected a JSON object")
        cleaned = _clean(event, MAX_LEVELS)
    except InvalidRequest as error:
        raise type(error)(f"Line {number} of the batch: {error.message}") from None
    return _metadata_of(cleaned) if level == "metadata" else cleaned  # type: ignore[no-any-return]


def _clean(value: Any, levels_left: int) -> Any:
    """`value` redacted. Raises InvalidRequest if it is too deep, too long or not portable JSON."""
    if isinstance(value, str):
        return _clean_string(value)
    if isinstance(value, dict | list) and levels_left == 0:
        raise InvalidRequest(f"nested deeper than {MAX_LEVELS} levels")
    if isinstance(value, dict):
        return {_clean_string(key): _clean(item, levels_left - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item, levels_left - 1) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidRequest("a number that is out of range")
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise InvalidRequest("an integer that is out of range")
    return value


def _bounded(value: Any, levels_left: int) -> Any:
    if isinstance(value, str):
        return value if len(value.encode("utf-8", "surrogatepass")) <= MAX_STRING_BYTES else LEFT_OUT
    if isinstance(value, dict | list) and levels_left == 0:
        return LEFT_OUT
    if isinstance(value, dict):
        return {str(key)[:128]: _bounded(item, levels_left - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_bounded(item, levels_left - 1) for item in value]
    if isinstance(value, int | float) and not abs(value) <= MAX_INTEGER:  # also refuses NaN
        return LEFT_OUT
    return value


def _clean_string(text: str) -> str:
    if len(text) > MAX_STRING_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_STRING_BYTES:
        raise InvalidRequest(f"a string longer than {MAX_STRING_BYTES} bytes")
    return redact(text)


def _metadata_of(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _metadata_of(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_metadata_of(item, key) for item in value]
    if isinstance(value, str) and key not in _METADATA_KEYS:
        return None
    return value
