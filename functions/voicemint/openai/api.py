"""Everything the functions say to OpenAI.

Retry policy, after the openai SDK's own: 408, 409, 429, 5xx and connection errors, 0.5 s back-off with jitter, but at
most one retry, and only within the total deadline. A call is created again only where surely none was: no connection,
429, 503.
"""

import json
import os
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voicemint.cloud_logging import logger
from voicemint.errors import (
    UpstreamError,
    UpstreamInvalidAnswer,
    UpstreamKeyRejected,
    UpstreamModelNotFound,
    UpstreamRateLimited,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from voicemint.http_client import AnswerTooLarge, HttpAnswer, HttpClient, HttpError, HttpTimeout
from voicemint.openai.call_ids import CALL_ID
from voicemint.secrets.openai_key import ApiKey

if TYPE_CHECKING:
    from voicemint.openai.sideband import Sideband

CLIENT_SECRET_TTL_SECONDS = 60
CONNECT_TIMEOUT_SECONDS = 3.0
READ_TIMEOUT_SECONDS = 8.0
TOTAL_TIMEOUT_SECONDS = 15.0
RETRY_DELAY_SECONDS = 0.5
MAX_ANSWER_BYTES = 64 * 1024
NO_HEADERS: Mapping[str, str] = {}

_LOCATION = re.compile(rf"(?:[^?#]*/)?({CALL_ID})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """What a browser opens a call with. `value` is a bearer: never logged. `expires_at` is in epoch seconds."""

    value: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class CreatedCall:
    """A call that OpenAI has answered: its id, and the SDP answer byte for byte."""

    call_id: str
    answer: bytes


MayRepeat = Callable[[UpstreamError], bool]


def _costs_nothing(error: UpstreamError) -> bool:
    return isinstance(error, UpstreamUnavailable | UpstreamTimeout | UpstreamRateLimited)


def _was_not_done(error: UpstreamError) -> bool:
    return error.nothing_was_done


class OpenAIApi:
    """OpenAI's REST API with our key. One per process: it keeps the connections. Safe to share between threads."""

    def __init__(self, base_url: str, api_key: ApiKey) -> None:
        self._client = HttpClient(base_url, connect_seconds=CONNECT_TIMEOUT_SECONDS, read_seconds=READ_TIMEOUT_SECONDS)
        self._base_url = base_url
        self._api_key = api_key

    def mint(self, session_config: dict[str, Any], *, safety_identifier: str) -> ClientSecret:
        """POST /v1/realtime/client_secrets: `session_config` in, a client secret that lives 60 s out.

        Raises UpstreamError (each kind of it) or SecretUnavailable. Repeated at most once: an unused client
        secret costs nothing.
        """
        body = json.dumps(
            {
                "expires_after": {"anchor": "created_at", "seconds": CLIENT_SECRET_TTL_SECONDS},
                "session": session_config,
            }
        ).encode()
        headers = {"Content-Type": "application/json", "OpenAI-Safety-Identifier": safety_identifier}
        return _client_secret(self._post("/realtime/client_secrets", body, headers, _costs_nothing).body)

    def create_call(self, offer: bytes, session_config: dict[str, Any], *, safety_identifier: str) -> CreatedCall:
        """POST /v1/realtime/calls, the unified interface: our key and `session_config` with the browser's SDP offer.

        Raises UpstreamError (each kind of it) or SecretUnavailable. Not repeated where a call may have been created.
        """
        boundary = os.urandom(16).hex()
        body = _multipart(boundary, sdp=("application/sdp", offer), session=_json_part(session_config))
        headers = {
            "Accept": "application/sdp",
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "OpenAI-Safety-Identifier": safety_identifier,
        }
        return _created_call(self._post("/realtime/calls", body, headers, _was_not_done))

    def hang_up(self, call_id: str) -> bool:
        """POST /v1/realtime/calls/{call_id}/hangup: False where there was no such call (any more).

        Raises UpstreamError or SecretUnavailable.
        """
        return self._act(call_id, "hangup", None, _costs_nothing)

    def accept(self, call_id: str, session_config: dict[str, Any], *, safety_identifier: str) -> bool:
        """POST …/accept, a phone call that rings: False where it rings no more, or was answered already."""
        headers = {"OpenAI-Safety-Identifier": safety_identifier}
        return self._act(call_id, "accept", session_config, _was_not_done, headers)

    def reject(self, call_id: str, sip_status: int) -> bool:
        """POST …/reject, a phone call that rings, with a SIP status such as 603 (Decline) or 486 (Busy Here)."""
        return self._act(call_id, "reject", {"status_code": sip_status}, _costs_nothing)

    def refer(self, call_id: str, target_uri: str) -> bool:
        """POST …/refer: transfer a phone call. `target_uri` is from an agent's file and from nowhere else."""
        return self._act(call_id, "refer", {"target_uri": target_uri}, _was_not_done)

    def _act(
        self,
        call_id: str,
        action: str,
        body: dict[str, Any] | None,
        may_repeat: MayRepeat,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> bool:
        """POST /v1/realtime/calls/{call_id}/{action}: False where there is no such call. `call_id` was checked."""
        content = b"" if body is None else json.dumps(body).encode()
        sent = {**headers, **({} if body is None else {"Content-Type": "application/json"})}
        try:
            self._post(f"/realtime/calls/{call_id}/{action}", content, sent, may_repeat)
        except UpstreamModelNotFound as error:  # 404: either is not there, the call or the model of `accept`
            if error.upstream_code == "model_not_found":
                raise
            return False
        return True

    def attach(self, call_id: str) -> "Sideband | None":
        """GET /v1/realtime?call_id=, the sideband of a call; None where there is none (yet, or any more).

        Raises UpstreamError or SecretUnavailable.
        """
        url = f"ws{self._base_url.removeprefix('http')}/realtime?call_id={call_id}"
        key = self._api_key.current()
        try:
            return _attach_once(url, key.reveal())
        except UpstreamKeyRejected:
            if not self._api_key.renew(rejected=key):
                raise
            return _attach_once(url, self._api_key.current().reveal())

    def _post(self, path: str, body: bytes, headers: dict[str, str], may_repeat: MayRepeat) -> HttpAnswer:
        """POST within the total deadline; a second try where the first one's failure allows it."""
        deadline = time.monotonic() + TOTAL_TIMEOUT_SECONDS
        key = self._api_key.current()
        try:
            return self._post_once(path, body, headers, key.reveal(), deadline)
        except UpstreamKeyRejected:
            if not self._api_key.renew(rejected=key):
                raise
        except UpstreamError as error:
            if not may_repeat(error):
                raise
            _wait_before_retry(error, deadline)
        return self._post_once(path, body, headers, self._api_key.current().reveal(), deadline)

    def _post_once(self, path: str, body: bytes, headers: dict[str, str], key: str, deadline: float) -> HttpAnswer:
        answer = self._exchange(path, body, {**headers, "Authorization": f"Bearer {key}"}, deadline)
        if not 200 <= answer.status < 300:
            raise _refused(answer.status, answer.body, answer.header)
        return answer

    def _exchange(self, path: str, body: bytes, headers: dict[str, str], deadline: float) -> HttpAnswer:
        try:
            return self._client.request("POST", path, body=body, headers=headers, deadline=deadline)
        except AnswerTooLarge:
            raise UpstreamInvalidAnswer from None
        except HttpError as error:
            logger.warning("OpenAI did not answer", exc_info=error)
            failure = UpstreamTimeout() if isinstance(error, HttpTimeout) else UpstreamUnavailable()
            failure.nothing_was_done = error.nothing_sent
            raise failure from None


def _attach_once(url: str, key: str) -> "Sideband | None":
    from voicemint.openai.sideband import Sideband, SidebandRefused

    try:
        return Sideband.open(url, key)
    except SidebandRefused as refused:
        if refused.status == 404:
            return None
        raise _refused(refused.status, refused.body, refused.headers.get) from None


def _wait_before_retry(error: UpstreamError, deadline: float) -> None:
    """Sleep before the second try; raise `error` where there is no time left for one."""
    delay = RETRY_DELAY_SECONDS * random.uniform(0.75, 1)  # noqa: S311 - jitter
    if error.retry_after_seconds is not None:
        delay = max(delay, error.retry_after_seconds)
    if time.monotonic() + delay + 1 > deadline:
        raise error
    time.sleep(delay)


def _refused(status: int, body: bytes, header: Callable[[str], str | None]) -> UpstreamError:
    """Which of our errors OpenAI's answer means. OpenAI's own words go to the log only."""
    from voicemint.openai.refusals import refusal  # a cold start needs none

    error = refusal(status, body, header("Retry-After") or "")
    fields = {
        "upstream_status": status,
        "upstream_code": error.upstream_code,
        "upstream_request_id": header("x-request-id"),
    }
    logger.warning("OpenAI refused", extra={"fields": fields})
    return error


def _client_secret(body: bytes) -> ClientSecret:
    try:
        answer = json.loads(body)
        value, expires_at = answer["value"], answer["expires_at"]
    except (ValueError, RecursionError, TypeError, KeyError):
        raise UpstreamInvalidAnswer from None
    if not (isinstance(value, str) and value.startswith("ek_") and type(expires_at) is int):
        raise UpstreamInvalidAnswer
    return ClientSecret(value, expires_at)


def _json_part(value: dict[str, Any]) -> tuple[str, bytes]:
    return "application/json", json.dumps(value).encode()


def _multipart(boundary: str, **parts: tuple[str, bytes]) -> bytes:
    """multipart/form-data (RFC 7578); `boundary` is random, so no part holds it."""
    written = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, (kind, content) in parts.items()
    ]
    return b"".join([*written, f"--{boundary}--\r\n".encode()])


def _created_call(answer: HttpAnswer) -> CreatedCall:
    """The call's id is the last part of the Location."""
    location = _LOCATION.fullmatch(answer.header("Location"))
    is_sdp = answer.header("Content-Type").partition(";")[0].strip().lower() == "application/sdp"
    if location is None or not is_sdp or not 0 < len(answer.body) <= MAX_ANSWER_BYTES:
        raise UpstreamInvalidAnswer
    return CreatedCall(location[1], answer.body)
