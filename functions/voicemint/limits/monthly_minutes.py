"""Minutes of calls a person and month (UTC), counted while they pass.

Every minute that a watched call has begun is an object that can be created once:
`minutes/<month>/<person>/<call id>/<minute>`. So a minute that two monitors see is counted once, and a crash loses
none. A person's use is the number of objects.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

from voicemint.bounded_dict import BoundedDict
from voicemint.errors import MonthlyLimitReached
from voicemint.google.control_bucket import ControlBucket
from voicemint.limits.rate import MAX_PEOPLE

if TYPE_CHECKING:
    from voicemint.calls.call import KnownCall  # the mint path needs none

REFRESH_SECONDS = 60.0
SECONDS = 60


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a person has left of the month, as it was last read: at most REFRESH_SECONDS ago."""

    minutes: int

    def seconds(self, at_most: int) -> int:
        """The longest call that may begin now: `at_most`, or what is left of the month, but at least a minute."""
        return min(at_most, max(self.minutes, 1) * SECONDS)


class MonthlyMinutes:
    """Safe to share between threads."""

    def __init__(
        self,
        bucket: ControlBucket,
        *,
        limit: int,
        clock: Callable[[], float] = time.monotonic,
        utc_now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._bucket = bucket
        self._limit = limit
        self._clock = clock
        self._utc_now = utc_now
        self._used = BoundedDict[str, tuple[float, int]](MAX_PEOPLE)  # by person: when it was read, and how many

    def is_fresh(self, person_id: str) -> bool:
        read_at, _ = self._used.get(person_id, (float("-inf"), 0))
        return self._clock() - read_at < REFRESH_SECONDS

    def refuse_what_is_known(self, person_id: str) -> None:
        """Raises MonthlyLimitReached where that is known; costs nothing."""
        if self.is_fresh(person_id) and not self.known(person_id).minutes:
            raise MonthlyLimitReached(retry_after_seconds=_seconds_to_next_month(self._utc_now()))

    def known(self, person_id: str) -> Allowance:
        """What was last read; costs nothing."""
        _, used = self._used.get(person_id, (0.0, 0))
        return Allowance(max(self._limit - used, 0))

    def read(self, person_id: str) -> Allowance:
        """Raises ControlUnavailable; reads at most every REFRESH_SECONDS."""
        if not self.is_fresh(person_id):
            asked_at = self._clock()
            used = minutes_used(self._bucket, person_id, self._utc_now(), at_most=self._limit)
            self._used[person_id] = (asked_at, used)
        return self.known(person_id)


def count_minute(bucket: ControlBucket, call: "KnownCall", minute: int) -> None:
    """Count the `minute`-th minute of a call, the first is 0, in the month in which it began.

    Raises ControlUnavailable.
    """
    month = f"{minute_of(call, minute):%Y-%m}"
    bucket.create(f"minutes/{month}/{call.person_id}/{call.call_id}/{minute:02d}", b"{}")


def minute_of(call: "KnownCall", minute: int) -> datetime:
    """When the `minute`-th minute of a call began."""
    return datetime.fromtimestamp(call.started_at + minute * SECONDS, UTC)


def minutes_used(bucket: ControlBucket, person_id: str, in_month: datetime, at_most: int) -> int:
    """How many minutes of `in_month` are counted for a person, up to `at_most`. Raises ControlUnavailable."""
    return len(bucket.list(f"minutes/{in_month:%Y-%m}/{person_id}/", at_most=at_most))


def _seconds_to_next_month(now: datetime) -> int:
    next_month = (now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)).replace(day=1)
    return ceil((next_month - now).total_seconds())
