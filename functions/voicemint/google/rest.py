"""What every Google API needs that the functions ask without its client: an access token, a second try, a deadline.

Our own http_client and the metadata server: importing a google.cloud client doubles a cold start.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from voicemint.cloud_logging import logger
from voicemint.errors import GoogleUnavailable, VoicemintError
from voicemint.http_client import HttpAnswer, HttpClient, HttpError

CONNECT_SECONDS, READ_SECONDS = 2, 3
# Reads, and writes that a precondition or a name makes safe to repeat. What Retry-After says is not waited for: a
# caller waits.
RETRY_DELAYS_SECONDS = (0.1, 0.2)
RETRYABLE_STATUSES = (429, 500, 502, 503, 504)
TOTAL_SECONDS = 4.5  # for all tries together: a failure is tried three times, a service that hangs one and a half
FAILURE_SECONDS = 2.0  # while a service does not answer, the callers do not queue up for its timeouts
TOKEN_MARGIN_SECONDS = 60


class Turn:
    """One caller at a time asks what may hang. The others wait as long as they say, and a failure is remembered.

    A failure is `error`: who has the turn raises it, and the others get it too.
    """

    def __init__(self, clock: Callable[[], float], error: type[VoicemintError]) -> None:
        self._clock = clock
        self._error = error
        self._lock = threading.Lock()
        self._next_try_at = float("-inf")

    @property
    def is_open(self) -> bool:
        """False for FAILURE_SECONDS after a failure."""
        return self._clock() >= self._next_try_at

    @contextmanager
    def take(self, *, wait_seconds: float) -> Iterator[None]:
        """A block that asks. Raises `error` if it is somebody else's turn for longer, or one failed."""
        if not (self.is_open and self._lock.acquire(timeout=wait_seconds)):
            raise self._error
        try:
            if not self.is_open:  # who had the turn before has failed
                raise self._error
            yield
        except self._error:
            if self.is_open:
                self._next_try_at = self._clock() + FAILURE_SECONDS
            raise
        finally:
            self._lock.release()


def ask(
    client: HttpClient,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes | None = None,
    *,
    seconds: float = TOTAL_SECONDS,
) -> HttpAnswer:
    """The first answer that is worth having, or the last one, within `seconds` in all. Raises HttpError."""
    deadline = time.monotonic() + seconds
    for delay in RETRY_DELAYS_SECONDS:
        with suppress(HttpError):
            answer = client.request(method, path, headers=headers, body=body, deadline=deadline)
            if answer.status not in RETRYABLE_STATUSES:
                return answer
        time.sleep(delay)
    return client.request(method, path, headers=headers, body=body, deadline=deadline)


class AccessToken:
    """The function's own service account's access token, from the metadata server.

    Source: https://cloud.google.com/compute/docs/access/authenticate-workloads.
    """

    PATH = "/computeMetadata/v1/instance/service-accounts/default/token"

    def __init__(self, metadata_host: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._metadata = HttpClient(
            f"http://{metadata_host}", connect_seconds=CONNECT_SECONDS, read_seconds=READ_SECONDS
        )
        self._clock = clock
        self._turn = Turn(clock, GoogleUnavailable)
        self._value = ""
        self._valid_until = 0.0

    def current(self) -> str:
        """Raises GoogleUnavailable."""
        if self._clock() >= self._valid_until:
            with self._turn.take(wait_seconds=TOTAL_SECONDS):
                self._renew()
        return self._value

    def _renew(self) -> None:
        asked_at = self._clock()
        if asked_at >= self._valid_until:  # else whose turn it was before has done it
            self._value, lifetime_seconds = self._fetch()
            self._valid_until = asked_at + lifetime_seconds - TOKEN_MARGIN_SECONDS

    def _fetch(self) -> tuple[str, int]:
        """The token, and for how many seconds it is good."""
        try:
            answer = ask(self._metadata, "GET", self.PATH, {"Metadata-Flavor": "Google"})
            value = json.loads(answer.body)
            return str(value["access_token"]), int(value["expires_in"])
        except (HttpError, ValueError, KeyError, TypeError) as error:
            logger.error("the metadata server gives no access token", exc_info=error)
            raise GoogleUnavailable from None
