"""The small bucket that says who may still call: read and create-only writes over Cloud Storage's JSON API.

Our own http_client and the metadata server's access token, not google-cloud-storage: the mint path asks here, and
importing that client doubles its cold start. Source: https://cloud.google.com/storage/docs/json_api/v1/objects.
"""

import json
import time
from urllib.parse import quote

from voicemint.cloud_logging import logger
from voicemint.errors import ControlUnavailable, GoogleUnavailable
from voicemint.google.rest import CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS, AccessToken, ask
from voicemint.http_client import HttpAnswer, HttpClient, HttpError
from voicemint.settings import Settings

MAX_LISTED = 1000


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

    def read(self, object_name: str, *, seconds: float = TOTAL_SECONDS) -> bytes | None:
        """The object's content, None where there is no such object. Raises ControlUnavailable, after `seconds`."""
        path = f"/storage/v1/b/{self._quoted_name}/o/{quote(object_name, safe='')}?alt=media"
        answer = self._request("GET", path, seconds=seconds)
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

    def list(self, prefix: str, at_most: int = MAX_LISTED, *, seconds: float | None = None) -> list[str]:
        """The names of the objects under `prefix`, `at_most` of them.

        Raises ControlUnavailable, after `seconds` in all; TOTAL_SECONDS a page where none are given.
        """
        until = None if seconds is None else time.monotonic() + seconds
        names: list[str] = []
        page = ""
        while len(names) < at_most:
            wanted = min(at_most - len(names), MAX_LISTED)
            query = f"prefix={quote(prefix, safe='')}&maxResults={wanted}&fields=items(name),nextPageToken{page}"
            left = TOTAL_SECONDS if until is None else until - time.monotonic()
            answer = self._request("GET", f"/storage/v1/b/{self._quoted_name}/o?{query}", seconds=left)
            if answer.status != 200:
                raise _unavailable(answer.status)
            found, next_page = _page(answer.body)
            names += found
            if not next_page:
                break
            page = f"&pageToken={quote(next_page, safe='')}"
        return names

    def _request(
        self, method: str, path: str, body: bytes | None = None, *, seconds: float = TOTAL_SECONDS
    ) -> HttpAnswer:
        content_type = {} if body is None else {"Content-Type": "application/json"}
        try:
            headers = {"Authorization": f"Bearer {self._access_token.current()}", **content_type}
            answer = ask(self._storage, method, path, headers, body, seconds=seconds)
        except (HttpError, GoogleUnavailable) as error:
            logger.error("the control bucket does not answer", exc_info=error)
            raise ControlUnavailable from None
        if answer.status not in (200, 404, 412):
            raise _unavailable(answer.status)
        return answer


def _page(content: bytes) -> tuple[list[str], str]:
    """The names in one answer to a listing, and what asks for the next ("" after the last)."""
    try:
        found = json.loads(content)
        return [str(item["name"]) for item in found.get("items", [])], str(found.get("nextPageToken", ""))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        logger.error("the control bucket's answer is no listing", exc_info=error)
        raise ControlUnavailable from None


def _unavailable(storage_status: int) -> ControlUnavailable:
    logger.error("the control bucket refused", extra={"fields": {"storage_status": storage_status}})
    return ControlUnavailable()
