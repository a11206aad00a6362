"""What each person has used today (UTC), as the control bucket counts it."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from google.cloud import storage  # type: ignore[attr-defined]  # a namespace package without stubs
from voicemint.limits.person_shares import PREFIX as SHARES_PREFIX

from .control_state import RETRY, TIMEOUT_SECONDS

ASKING = 16


@dataclass(frozen=True, slots=True)
class Used:
    """`calls` are client secrets and calls, at most: an instance takes some ahead. `minutes` were begun today."""

    calls: int
    minutes: int


def used_today(bucket: storage.Bucket, person_ids: Sequence[str], now: datetime) -> dict[str, Used]:
    with ThreadPoolExecutor(ASKING) as threads:
        return dict(zip(person_ids, threads.map(lambda each: _used(bucket, each, now), person_ids), strict=True))


def _used(bucket: storage.Bucket, person_id: str, now: datetime) -> Used:
    return Used(_calls(bucket, person_id, now), _minutes(bucket, person_id, now))


def _calls(bucket: storage.Bucket, person_id: str, now: datetime) -> int:
    """Where the last that was taken of the person's share ends: functions/voicemint/limits/person_shares.py."""
    folder = f"{SHARES_PREFIX}{now:%Y-%m-%d}/{person_id}/"
    blobs = list(bucket.list_blobs(prefix=folder, fields="items(name),nextPageToken", timeout=TIMEOUT_SECONDS))
    if not blobs:
        return 0
    taken = json.loads(blobs[-1].download_as_bytes(timeout=TIMEOUT_SECONDS, retry=RETRY))
    return int(blobs[-1].name.removeprefix(folder)) + int(taken["count"])


def _minutes(bucket: storage.Bucket, person_id: str, now: datetime) -> int:
    """Each is an object of its own, created when it began: functions/voicemint/limits/monthly_minutes.py."""
    prefix, midnight = f"minutes/{now:%Y-%m}/{person_id}/", datetime(now.year, now.month, now.day, tzinfo=UTC)
    fields = "items(name,timeCreated),nextPageToken"
    blobs = bucket.list_blobs(prefix=prefix, fields=fields, timeout=TIMEOUT_SECONDS)
    return sum(blob.time_created >= midnight for blob in blobs)
