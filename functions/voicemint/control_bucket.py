"""The small bucket that says who may still call: read and create-only writes over Cloud Storage's JSON API.

urllib3 and the metadata server's access token, not google-cloud-storage: the mint path asks here, and importing that
client doubles its cold start. Source: https://cloud.google.com/storage/docs/json_api/v1/objects.
"""

import json
import threading
import time
from collections.abc import Callable
from urllib.parse import quote

import urllib3
from urllib3.exceptions import HTTPError

from voicemint.cloud_logging import logger
from voicemint.errors import ControlUnavailable
from voicemint.settings import Settings

POOL_SIZE = 16
TIMEOUT = urllib3.Timeout(connect=2, read=3)
# Reads, and writes that a precondition makes safe to repeat. What Retry-After says is not waited for: a caller waits.
RETRIES = urllib3.Retry(
    2,
    backoff_factor=0.1,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=None,
    redirect=0,
    raise_on_status=False,
    respect_retry_after_header=False,
)
MAX_OBJECT_BYTES = 256 * 1024
MAX_LISTED = 1000
TOKEN_MARGIN_SECONDS = 60


class ControlBucket:
    """One bucket. Safe to share between threads."""

    def __init__(self, name: str, *, storage_url: str, metadata_host: str) -> None:
        self.name = name
        self._quoted_name = quote(name, safe="")
        self._storage_url = storage_url
        self._pool = urllib3.PoolManager(maxsize=POOL_SIZE)
        self._access_token = AccessToken(self._pool, metadata_host)

    @classmethod
    def of(cls, settings: Settings) -> "ControlBucket":
        return cls(settings.control_bucket, storage_url=settings.storage_url, metadata_host=settings.metadata_host)

    def read(self, object_name: str) -> bytes | None:
        """The object's content, None where there is no such object. Raises ControlUnavailable."""
        answer = self._request("GET", f"/storage/v1/b/{self._quoted_name}/o/{quote(object_name, safe='')}?alt=media")
        return None if answer.status == 404 else answer.data

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
        return [item["name"] for item in json.loads(answer.data).get("items", [])]

    def _request(self, method: str, path: str, body: bytes | None = None) -> urllib3.BaseHTTPResponse:
        headers = {"Authorization": f"Bearer {self._access_token.current()}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            answer = self._pool.request(
                method, self._storage_url + path, body=body, headers=headers, timeout=TIMEOUT, retries=RETRIES
            )
        except HTTPError as error:
            logger.error("the control bucket does not answer", exc_info=error)
            raise ControlUnavailable from None
        if answer.status not in (200, 404, 412) or len(answer.data) > MAX_OBJECT_BYTES:
            raise _unavailable(answer.status)
        return answer


def _unavailable(storage_status: int) -> ControlUnavailable:
    logger.error("the control bucket refused", extra={"fields": {"storage_status": storage_status}})
    return ControlUnavailable()


class AccessToken:
    """The function's own service account's access token, from the metadata server.

    Source: https://cloud.google.com/compute/docs/access/authenticate-workloads.
    """

    def __init__(
        self, pool: urllib3.PoolManager, metadata_host: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pool = pool
        self._url = f"http://{metadata_host}/computeMetadata/v1/instance/service-accounts/default/token"
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
            answer = self._pool.request(
                "GET", self._url, headers={"Metadata-Flavor": "Google"}, timeout=TIMEOUT, retries=RETRIES
            )
            value = json.loads(answer.data)
            return str(value["access_token"]), int(value["expires_in"])
        except (HTTPError, ValueError, KeyError, TypeError) as error:
            logger.error("the metadata server gives no access token", exc_info=error)
            raise ControlUnavailable from None
