"""What every Google API needs that the functions ask without its client: an access token, and a second try.

Our own http_client and the metadata server: importing a google.cloud client doubles a cold start.
"""

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from voicemint.cloud_logging import logger
from voicemint.errors import ControlUnavailable
from voicemint.http_client import HttpAnswer, HttpClient, HttpError

CONNECT_SECONDS, READ_SECONDS = 2, 3
# Reads, and writes that a precondition or a name makes safe to repeat. What Retry-After says is not waited for: a
# caller waits.
RETRY_DELAYS_SECONDS = (0.1, 0.2)
RETRYABLE_STATUSES = (429, 500, 502, 503, 504)
TOKEN_MARGIN_SECONDS = 60


def ask(client: HttpClient, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> HttpAnswer:
    """The first answer that is worth having, or the last one. Raises HttpError."""
    for delay in RETRY_DELAYS_SECONDS:
        with suppress(HttpError):
            answer = client.request(method, path, headers=headers, body=body)
            if answer.status not in RETRYABLE_STATUSES:
                return answer
        time.sleep(delay)
    return client.request(method, path, headers=headers, body=body)


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
        self._lock = threading.Lock()
        self._value = ""
        self._valid_until = 0.0

    def current(self) -> str:
        with self._lock:
            if self._clock() >= self._valid_until:
                asked_at = self._clock()
                self._value, lifetime_seconds = self._fetch()
                self._valid_until = asked_at + lifetime_seconds - TOKEN_MARGIN_SECONDS
            return self._value

    def _fetch(self) -> tuple[str, int]:
        """The token, and for how many seconds it is good."""
        try:
            answer = ask(self._metadata, "GET", self.PATH, {"Metadata-Flavor": "Google"})
            value = json.loads(answer.body)
            return str(value["access_token"]), int(value["expires_in"])
        except (HttpError, ValueError, KeyError, TypeError) as error:
            logger.error("the metadata server gives no access token", exc_info=error)
            raise ControlUnavailable from None
