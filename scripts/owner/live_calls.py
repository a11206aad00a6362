"""Calls that may be going on, as far as the control bucket and the log know, and hanging them up."""

import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import urllib3
from google.cloud import storage  # type: ignore[attr-defined]  # a namespace package without stubs
from urllib3.exceptions import HTTPError
from voicemint.calls.deadline import CALLS_PREFIX
from voicemint.secrets.openai_key import Secret

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
_REGISTERED = re.compile(rf"{CALLS_PREFIX}([A-Za-z0-9_-]{{1,128}})\.json", re.ASCII)
_LOGGED = re.compile(r"calls/dt=[\d-]{10}/([A-Za-z0-9_-]{1,128})/[^/]+", re.ASCII)
# A page's own log of a call that was never registered, and whose it is: functions/voicemint/payloads/owner.py.
_UNREGISTERED = re.compile(r"page_(rtc_[A-Za-z0-9_-]+)_[a-z0-9-]+", re.ASCII)
_FIELDS = "items(name,timeCreated),nextPageToken"


def registered_calls(bucket: storage.Bucket, now: datetime) -> tuple[list[str], bool]:
    """Ids of calls that the server has known for an hour at most, newest first; and whether all were looked at in time.

    Nobody registers more than a few a minute: made-up ones cannot hide a call among themselves.
    """
    found, complete = _recent([bucket.list_blobs(prefix=CALLS_PREFIX, fields=_FIELDS, timeout=10)], now)
    return [match[1] for name in found if (match := _REGISTERED.fullmatch(name))], complete


def logged_calls(bucket: storage.Bucket, now: datetime) -> tuple[list[str], bool]:
    """Ids of calls that logged within the last hour, newest first, those that a page alone names last; and as above.

    An object's day is the page's clock's, so the days beside today are looked at as well.
    """
    days = (now.date() + timedelta(days=offset) for offset in (0, -1, 1))
    listings = [bucket.list_blobs(prefix=f"calls/dt={day:%Y-%m-%d}/", fields=_FIELDS, timeout=10) for day in days]
    found, complete = _recent(listings, now)
    folders = dict.fromkeys(match[1] for name in found if (match := _LOGGED.fullmatch(name)))
    calls = [folder for folder in folders if not folder.startswith("page_")]
    unregistered = [match[1] for folder in folders if (match := _UNREGISTERED.fullmatch(folder))]
    return list(dict.fromkeys([*calls, *unregistered])), complete


def _recent(listings: Iterable[Iterable[storage.Blob]], now: datetime) -> tuple[list[str], bool]:
    """Names of what was created within the longest time of a call, newest first; False where time was up."""
    ends_at = time.monotonic() + LISTING_SECONDS
    found: list[tuple[datetime, str]] = []
    for listing in listings:
        for blob in listing:
            if now - blob.time_created < LONGEST_CALL:
                found.append((blob.time_created, blob.name))
            if time.monotonic() > ends_at:
                return [name for _, name in sorted(found, reverse=True)], False
    return [name for _, name in sorted(found, reverse=True)], True


def hang_up_all(calls: Sequence[str], base_url: str, key: Secret) -> Counter[str]:
    """POST /realtime/calls/{id}/hangup for each, in this order; returns how many ended how."""
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
        return Counter(threads.map(hang_up, calls))


def outcome_of(status: int) -> str:
    if 200 <= status < 300:
        return HUNG_UP
    return {401: KEY_REJECTED, 403: KEY_REJECTED, 404: OVER}.get(status, f"refused with {status}")


def utc_now() -> datetime:
    return datetime.now(UTC)
