"""Calls that may be going on, as far as the log knows, and hanging them up."""

import re
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import urllib3
from google.cloud import storage  # type: ignore[attr-defined]  # a namespace package without stubs
from urllib3.exceptions import HTTPError
from voicemint.secrets import Secret

LONGEST_CALL = timedelta(minutes=60)  # OpenAI ends every session then
LISTING_SECONDS = 60
HANGING_UP = 16
HANG_UP_SECONDS = 60
TIMEOUT = urllib3.Timeout(connect=3, read=5)
RETRIES = urllib3.Retry(2, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=None,
                        redirect=0, raise_on_status=False, respect_retry_after_header=False)  # fmt: skip
HUNG_UP, OVER, KEY_REJECTED, NOT_ANSWERED, NOT_TRIED = (
    "hung up",
    "over already",
    "key rejected",
    "not answered",
    "not tried in time",
)
SUCCESSES = (HUNG_UP, OVER)
_OBJECT = re.compile(r"calls/dt=[\d-]{10}/([A-Za-z0-9_-]{1,128})/[^/]+", re.ASCII)


def known_calls(bucket: storage.Bucket, now: datetime) -> tuple[set[str], bool]:
    """Ids of calls that logged within the last hour; and whether all objects could be looked at in time.

    An object's day is the page's clock's, so the days beside today are looked at as well.
    """
    ends_at = time.monotonic() + LISTING_SECONDS
    calls = set()
    for day in (now.date() + timedelta(days=offset) for offset in (0, -1, 1)):
        prefix = f"calls/dt={day:%Y-%m-%d}/"
        for blob in bucket.list_blobs(prefix=prefix, fields="items(name,timeCreated),nextPageToken", timeout=10):
            match = _OBJECT.fullmatch(blob.name)
            if match and now - blob.time_created < LONGEST_CALL:
                calls.add(match[1])
            if time.monotonic() > ends_at:
                return calls, False
    return calls, True


def hang_up_all(calls: Iterable[str], base_url: str, key: Secret) -> Counter[str]:
    """POST /realtime/calls/{id}/hangup for each; returns how many ended how."""
    pool = urllib3.PoolManager(maxsize=HANGING_UP, retries=RETRIES)
    headers = {"Authorization": f"Bearer {key.reveal()}"}
    ends_at = time.monotonic() + HANG_UP_SECONDS

    def hang_up(call_id: str) -> str:
        if time.monotonic() > ends_at:
            return NOT_TRIED
        url = f"{base_url}/realtime/calls/{call_id}/hangup"
        try:
            return outcome_of(pool.request("POST", url, headers=headers, timeout=TIMEOUT).status)
        except HTTPError:
            return NOT_ANSWERED

    with ThreadPoolExecutor(HANGING_UP) as threads:
        return Counter(threads.map(hang_up, sorted(calls)))


def outcome_of(status: int) -> str:
    if 200 <= status < 300:
        return HUNG_UP
    return {401: KEY_REJECTED, 403: KEY_REJECTED, 404: OVER}.get(status, f"refused with {status}")


def utc_now() -> datetime:
    return datetime.now(UTC)
