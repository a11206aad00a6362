"""The small bucket that says who may still call: read and create-only writes over Cloud Storage's JSON API.

Our own http_client and the metadata server's access token, not google-cloud-storage: the mint path asks here, and
importing that client doubles its cold start. Source: https://cloud.google.com/storage/docs/json_api/v1/objects.
"""

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote

from voicemint.cloud_logging import logger
from voicemint.errors import ControlUnavailable
from voicemint.http_client import HttpAnswer, HttpClient, HttpError
from voicemint.settings import Settings

CONNECT_SECONDS, READ_SECONDS = 2, 3
# Reads, and writes that a precondition makes safe to repeat. What Retry-After says is not waited for: a caller waits.
RETRY_DELAYS_SECONDS = (0.1, 0.2)
RETRYABLE_STATUSES = (429, 500, 502, 503, 504)
MAX_LISTED = 1000
TOKEN_MARGIN_SECONDS = 60


class ControlBucket:
    """One bucket. Safe to share between threads."""

    def __init__(self, name: str, *, storage_url: str, metadata_host: str) -> None:
        self.name = name
        self._quoted_name = quote(name, safe="")
        self._storage = HttpClient(storage_url, connect_seconds=CONNECT_SECONDS, read_seconds=READ_SECONDS)
        self._access_token = AccessToken(metadata_host)

    @classmethod
    def of(cls, settings: Settings) -> "ControlBucket":
        return cls(settings.control_bucket, storage_url=settings.storage_url, metadata_host=settings.metadata_host)

    def read(self, object_name: str) -> bytes | None:
        """The object's content, None where there is no such object. Raises ControlUnavailable."""
        answer = self._request("GET", f"/storage/v1/b/{self._quoted_name}/o/{quote(object_name, safe='')}?alt=media")
        return None if answer.status == 404 else answer.body

    def create(self, object_name: str, content: bytes) -> bool:
        """Create the object; False where it exists already. Exactly one of many callers gets True.

        A create that is repeated because its answer was lost finds its own object: it is told apart by content, so
        callers that must be the only one write something of their own.
        """
        query = f"uploadType=media&ifGenerationMatch=0&name={quote(object_name, safe='')}"
        answer = self._request("POST", f"/upload/storage/v1/b/{self._quoted_name}/o?{query}", content)
        if answer.status == 404:
            raise _unavailable(404)  # there is no such bucket
        return answer.status == 200 or self.read(object_name) == content

    def list(self, prefix: str) -> list[str]:
        """The names of the objects under `prefix`, at most MAX_LISTED of them. Raises ControlUnavailable."""
        query = f"prefix={quote(prefix, safe='')}&maxResults={MAX_LISTED}&fields=items(name)"
        answer = self._request("GET", f"/storage/v1/b/{self._quoted_name}/o?{query}")
        if answer.status != 200:
            raise _unavailable(answer.status)
        return [item["name"] for item in json.loads(answer.body).get("items", [])]

    def _request(self, method: str, path: str, body: bytes | None = None) -> HttpAnswer:
        headers = {"Authorization": f"Bearer {self._access_token.current()}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            answer = _ask(self._storage, method, path, headers, body)
        except HttpError as error:
            logger.error("the control bucket does not answer", exc_info=error)
            raise ControlUnavailable from None
        if answer.status not in (200, 404, 412):
            raise _unavailable(answer.status)
        return answer


def _ask(client: HttpClient, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> HttpAnswer:
    """The first answer that is worth having, or the last one. Raises HttpError."""
    for delay in RETRY_DELAYS_SECONDS:
        with suppress(HttpError):
            answer = client.request(method, path, headers=headers, body=body)
            if answer.status not in RETRYABLE_STATUSES:
                return answer
        time.sleep(delay)
    return client.request(method, path, headers=headers, body=body)


def _unavailable(storage_status: int) -> ControlUnavailable:
    logger.error("the control bucket refused", extra={"fields": {"storage_status": storage_status}})
    return ControlUnavailable()


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
            answer = _ask(self._metadata, "GET", self.PATH, {"Metadata-Flavor": "Google"})
            value = json.loads(answer.body)
            return str(value["access_token"]), int(value["expires_in"])
        except (HttpError, ValueError, KeyError, TypeError) as error:
            logger.error("the metadata server gives no access token", exc_info=error)
            raise ControlUnavailable from None
