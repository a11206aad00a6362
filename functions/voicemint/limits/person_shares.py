"""How many client secrets and calls of a day one person may have, over all instances: exact, like the day's limit.

An instance leases part of a person's share by creating `minted-by/<day>/<person>/<start>`, which says how many it takes
from number `start`. So no other instance can take them. It leases one at first, then GROWTH times as many each time. An
occasional caller, with a new instance for each call, wastes none; a frequent caller needs few writes.
"""

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from voicemint.bounded_dict import BoundedDict
from voicemint.errors import ControlUnavailable, PersonDailyLimitReached
from voicemint.google.control_bucket import ControlBucket
from voicemint.google.rest import TOTAL_SECONDS, Turn
from voicemint.limits.daily import seconds_to_midnight
from voicemint.limits.rate import MAX_PEOPLE

PREFIX = "minted-by/"
GROWTH = 8


@dataclass(slots=True)
class Share:
    """What an instance knows of one person's day. `next_start` is None until it has read the bucket.

    One caller at a time leases. Concurrent callers would each try every start that another has just taken.
    """

    day: date
    leased: int = 0
    next_start: int | None = None
    block: int = 1
    is_used_up: bool = False
    leasing: Turn = field(default_factory=lambda: Turn(time.monotonic, ControlUnavailable))


class PersonShares:
    """At most `limit` takes a person and UTC day. Safe to share between threads."""

    def __init__(
        self,
        bucket: ControlBucket,
        *,
        limit: int,
        largest_block: int,
        utc_now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._bucket = bucket
        self._limit = limit
        self._largest_block = largest_block
        self._utc_now = utc_now
        self._lock = threading.Lock()
        self._shares = BoundedDict[str, Share](MAX_PEOPLE)  # by person

    def refuse_when_used_up(self, person_id: str) -> None:
        """Raises PersonDailyLimitReached if memory says that nothing is left today. Reads nothing."""
        with self._lock:
            share = self._today(person_id)
            if share.is_used_up and not share.leased:
                raise PersonDailyLimitReached(retry_after_seconds=seconds_to_midnight(self._utc_now()))

    def take_leased(self, person_id: str) -> date | None:
        """Take one that is leased already. Reads nothing. Returns its day, or None if `take` must lease first."""
        with self._lock:
            share = self._today(person_id)
            if not share.leased:
                return None
            share.leased -= 1
            return share.day

    def take(self, person_id: str) -> date:
        """Take one, leasing more if none is left. Returns its day.

        Raises PersonDailyLimitReached or ControlUnavailable.
        """
        if (day := self.take_leased(person_id)) is not None:
            return day
        with self._lock:
            leasing = self._today(person_id).leasing
        with leasing.take(wait_seconds=TOTAL_SECONDS):
            while (day := self.take_leased(person_id)) is None:
                self.refuse_when_used_up(person_id)
                self._lease(person_id)
            return day

    def put_back(self, person_id: str, day: date) -> None:
        """Give back one that was taken on `day` and not used. One of yesterday is ignored."""
        with self._lock:
            share = self._today(person_id)
            if day == share.day:
                share.leased += 1

    def _today(self, person_id: str) -> Share:
        today = self._utc_now().date()
        share = self._shares.get(person_id)
        if share is None or share.day != today:
            share = Share(today)
        self._shares[person_id] = share
        return share

    def _lease(self, person_id: str) -> None:
        with self._lock:
            share = self._today(person_id)
            start, block = share.next_start, share.block
        folder = f"{PREFIX}{share.day}/{person_id}/"
        if start is None:
            start = self._first_free(folder)
        while start < self._limit:
            count = min(block, self._limit - start)
            if self._bucket.create(f"{folder}{start:06d}", _content(count)):
                break
            start += self._count_at(folder, start)
        with self._lock:
            self._note(share, start, min(block, self._limit - start))

    def _first_free(self, folder: str) -> int:
        names = self._bucket.list(folder, at_most=self._limit)
        last = int(names[-1].removeprefix(folder)) if names else 0
        return last + self._count_at(folder, last) if names else 0

    def _count_at(self, folder: str, start: int) -> int:
        return int(json.loads(self._bucket.read(f"{folder}{start:06d}") or b'{"count": 1}')["count"])

    def _note(self, share: Share, start: int, count: int) -> None:
        """`count` numbers from `start` are ours now; none means that the share is used up."""
        if count > 0:
            share.leased += count
            share.next_start = start + count
            share.block = min(share.block * GROWTH, self._largest_block)
        else:
            share.is_used_up = True


def _content(count: int) -> bytes:
    """By this a create that is retried after a lost response recognises its own object."""
    return json.dumps({"count": count, "lease": os.urandom(16).hex()}).encode()
