"""What `tasks.create` may be asked. Unknown fields are refused; times and bytes are read as protobuf's JSON has them.

Limits: https://cloud.google.com/tasks/docs/quotas and the field descriptions of the discovery document.
"""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

MAX_URL = 2083
MAX_TASK_BYTES = 1024 * 1024
MIN_DEADLINE, MAX_DEADLINE = timedelta(seconds=15), timedelta(minutes=30)
DEFAULT_DEADLINE = timedelta(minutes=10)
MAX_AHEAD = timedelta(days=30)
Method = Literal["POST", "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"]
METHODS: tuple[Method, ...] = ("POST", "POST", "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS")
# Cloud Tasks computes or keeps these itself; what a task says of them is dropped.
RESERVED_HEADERS = ("host", "content-length", "user-agent", "authorization")
RESERVED_PREFIXES = ("x-google-", "x-appengine-", "x-cloudtasks-")


def _duration(value: object) -> timedelta:
    if not isinstance(value, str) or not value.endswith("s"):
        raise ValueError('expected a duration such as "15s"')
    return timedelta(seconds=float(value[:-1]))


def _timestamp(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("expected RFC 3339 text")  # noqa: TRY004 - pydantic reads ValueError
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("expected RFC 3339 text with an offset")
    return at.astimezone(UTC)


def _base64(value: object) -> bytes:
    if not isinstance(value, str):
        raise ValueError("expected base64 text")  # noqa: TRY004
    try:
        return base64.b64decode(value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4), validate=True)
    except binascii.Error:
        raise ValueError("expected base64 text") from None


def _method(value: object) -> object:
    """By name, or by number as Google's own clients say it; 0 is the default."""
    return METHODS[value] if type(value) is int and 0 <= value < len(METHODS) else value


def _deadline(value: timedelta) -> timedelta:
    if not MIN_DEADLINE <= value <= MAX_DEADLINE:
        raise ValueError("must be in the interval [15s, 1800s]")
    return value


def _not_too_far(value: datetime) -> datetime:
    if value > datetime.now(UTC) + MAX_AHEAD:
        raise ValueError("must be at most 30 days ahead")
    return value


class Message(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class OidcToken(Message):
    serviceAccountEmail: Annotated[str, Field(pattern=r"^[a-z0-9-]+@[a-z0-9.-]+$", max_length=320)]  # noqa: N815
    audience: str = ""


class HttpRequest(Message):
    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=MAX_URL)]
    httpMethod: Annotated[Method, BeforeValidator(_method)] = "POST"  # noqa: N815
    headers: dict[str, str] = {}
    body: Annotated[bytes, BeforeValidator(_base64)] = b""
    oidcToken: OidcToken | None = None  # noqa: N815

    def sent_headers(self) -> dict[str, str]:
        """The task's own headers, but for those that are not its own to say."""
        kept = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in RESERVED_HEADERS and not name.lower().startswith(RESERVED_PREFIXES)
        }
        has_type = any(name.lower() == "content-type" for name in kept)
        return kept if has_type or not self.body else {**kept, "Content-Type": "application/octet-stream"}


class Task(Message):
    name: str = ""
    httpRequest: HttpRequest  # noqa: N815
    scheduleTime: Annotated[datetime, AfterValidator(_not_too_far), BeforeValidator(_timestamp)] | None = None  # noqa: N815
    dispatchDeadline: Annotated[timedelta, AfterValidator(_deadline), BeforeValidator(_duration)] = (  # noqa: N815
        DEFAULT_DEADLINE
    )


class CreateTask(Message):
    task: Task
    responseView: str | int = "VIEW_UNSPECIFIED"  # noqa: N815
