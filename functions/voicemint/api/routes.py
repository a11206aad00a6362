"""What every route does the same way: who may ask, how large, how errors look, and one log line a request."""

import json
import os
import re
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import flask
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from voicemint.access.person import Access, Person
from voicemint.api.body_deadline import BODIES, UNREAD_SECONDS, AwaitedBody, seconds_for
from voicemint.cloud_logging import TRACE, logger
from voicemint.errors import (
    ApiError,
    BodyTimeout,
    BodyTooLarge,
    CrossSite,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    UnsupportedMediaType,
)

Query = MultiDict[str, str]

# gunicorn (27.0) empties as much of a body that nobody read. After more it says keep-alive, and closes.
MAX_BODY_BYTES = 64 * 1024 - 1

_ENCODER = json.JSONEncoder(separators=(",", ":"))
_TRACE_ID = re.compile(r"[0-9a-f]{32}(?=$|/)", re.ASCII)


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request that passed every check that does not depend on what its body says."""

    request_id: str
    person: Person
    body: bytes
    header: Callable[[str], str | None]
    query: Callable[[], Query]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function answers: `json`, or a `body` of another `content_type`, or nothing at all.

    `person_id` is whom it was about, for the log, where that is not who asked.
    """

    json: dict[str, Any] | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_type: str = "application/json"
    person_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one path: who may ask, with what kind of body (None: none is read), and what answers."""

    answer: Callable[[ApiRequest], Answer]
    access: Access
    content_type: str | None = None
    max_body_bytes: int = 0

    def __post_init__(self) -> None:
        if self.max_body_bytes > MAX_BODY_BYTES:
            raise ValueError(f"expected a route to take at most {MAX_BODY_BYTES} bytes, found {self.max_body_bytes}")


def entry_point(name: str, routes: Mapping[tuple[str, str], Route]) -> Callable[[flask.Request], flask.Response]:
    """A functions-framework entry point that answers `routes`, a mapping of (method, path)."""

    def answer(request: flask.Request) -> flask.Response:
        started_at = time.monotonic()
        request_id = os.urandom(16).hex()  # our own: one that a caller chose could be another's
        error: ApiError | None = None
        told: dict[str, object] = {"request_id": request_id, **_trace(request)}
        try:
            response = _response(_answer(_find(routes, request), request, request_id, told))
        except Exception as caught:
            error = _as_api_error(caught, told)
            response = _error_response(error, request_id, is_read=_discard_body(request))
        _log_request(name, response.status_code, error, told, started_at)
        return response

    answer.__name__ = name
    return answer


def _find(routes: Mapping[tuple[str, str], Route], request: flask.Request) -> Route:
    route = routes.get((request.method, request.path))
    if route is not None:
        return route
    methods = [method for method, path in routes if path == request.path]
    raise MethodNotAllowed(methods) if methods else NotFound


def _answer(route: Route, request: flask.Request, request_id: str, told: dict[str, object]) -> Answer:
    """Every check in the order of what it costs, then the function. `told`, for the log, learns who it is."""
    _check_headers(request, route)
    person = route.access(request)
    if person.person_id:
        told["person"] = person.person_id
    body = _read_body(request, route.max_body_bytes)
    answer = route.answer(ApiRequest(request_id, person, body, request.headers.get, lambda: request.args))
    if answer.person_id:
        told["person"] = answer.person_id
    return answer


def _trace(request: flask.Request) -> dict[str, object]:
    """Google's trace id, by which the platform's own log lines are found beside ours. A caller can send any."""
    trace = _TRACE_ID.match(request.headers.get("X-Cloud-Trace-Context", ""))
    return {TRACE: trace.group()} if trace else {}


def _check_headers(request: flask.Request, route: Route) -> None:
    expected = route.content_type
    if expected is not None and (request.mimetype != expected or request.headers.get("Content-Encoding")):
        raise UnsupportedMediaType(f"Expected Content-Type: {expected}, without Content-Encoding.")
    if not _is_same_site(request):
        raise CrossSite
    if (request.content_length or 0) > route.max_body_bytes:
        raise _too_large(route.max_body_bytes)


def _is_same_site(request: flask.Request) -> bool:
    """Browsers say where a request comes from; a caller that is no browser says nothing and is no cross-site page."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    try:
        host = urlsplit(origin).netloc
    except ValueError:
        return False
    return bool(host) and host in (request.headers.get("X-Forwarded-Host"), request.headers.get("Host"))


def _read_body(request: flask.Request, max_bytes: int) -> bytes:
    """The body, never more than `max_bytes` of it in memory, whether its length was declared or not."""
    with _awaited(request, seconds_for(max_bytes)) as awaited:
        try:
            body = request.stream.read(max_bytes + 1)
        except Exception:  # of the HTTP server's own kinds: chunks that are none, a connection that ended
            raise _incomplete(awaited) from None
    if len(body) > max_bytes:
        raise _too_large(max_bytes)
    if len(body) < (request.content_length or 0):
        raise _incomplete(awaited)
    return body


def _awaited(request: flask.Request, seconds: float) -> AbstractContextManager[AwaitedBody | None]:
    """The deadline of a body that comes from gunicorn; a test's comes from nowhere, and is there."""
    connection = request.environ.get("gunicorn.socket")
    return nullcontext() if connection is None else BODIES.body(connection, seconds)


def _discard_body(request: flask.Request) -> bool:
    """Read what is left of a body that got an error, so that the connection serves the next request; False where that
    is more than anybody may send here, or does not arrive soon."""
    with _awaited(request, UNREAD_SECONDS):
        try:
            return not request.stream.read(MAX_BODY_BYTES) or not request.stream.read(1)
        except Exception:  # of the HTTP server's own kinds, as above
            return False


def _incomplete(awaited: AwaitedBody | None) -> ApiError:
    if awaited is not None and awaited.is_over:
        return BodyTimeout()
    return InvalidRequest("The request's body did not arrive whole.")


def _too_large(max_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body is larger than the {max_bytes} bytes allowed here.")


def _as_api_error(caught: Exception, told: Mapping[str, object]) -> ApiError:
    if isinstance(caught, ApiError):
        return caught
    if isinstance(caught, HTTPException):  # werkzeug: the framing of the request is broken
        return InvalidRequest("The request could not be read.")
    logger.error("unexpected error", exc_info=caught, extra={"fields": told})
    return ApiError()


def _response(answer: Answer) -> flask.Response:
    body = answer.body if answer.json is None else _ENCODER.encode(answer.json).encode()
    response = flask.Response(body, answer.status, answer.headers, mimetype=answer.content_type)
    # `private` also makes Hosting keep Set-Cookie; without any Cache-Control it would cache a 404 for ten minutes.
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _error_response(error: ApiError, request_id: str, *, is_read: bool) -> flask.Response:
    value = {"error": {"code": error.code, "message": error.message, "request_id": request_id}}
    response = _response(Answer(value, error.status, error.headers))
    if not is_read:
        # functions-framework reads the rest of the request into memory before it sends an answer, however large that
        # is, unless the answer is streamed: an iterator is.
        response.response = iter((response.get_data(),))
    return response


def _log_request(name: str, status: int, error: ApiError | None, told: Mapping[str, object], started_at: float) -> None:
    fields: dict[str, object] = {
        **told,
        "status": status,
        "milliseconds": round((time.monotonic() - started_at) * 1000, 1),
    }
    if error is not None:
        fields["code"] = error.code
    level = logger.info if status < 500 else logger.warning
    level(name, extra={"fields": fields})
