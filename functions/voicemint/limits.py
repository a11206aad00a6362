"""How many client secrets may be minted: per person and instance by rate, per day exactly.

The daily limit needs no database. A day has DAILY_LIMIT / DAILY_BLOCK slots, each an object that can be created once:
`minted/<day>/<slot>`. Who creates a slot has leased its block of mints. An instance that ends with part of a block
unused has wasted it, so the limit is never exceeded, only reached a little early.
"""

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from math import ceil

from voicemint.control_bucket import ControlBucket
from voicemint.errors import DailyLimitReached, TooManyRequests
from voicemint.google_rest import TOTAL_SECONDS, Turn

MAX_PEOPLE = 10_000  # buckets kept per instance; the idle ones are forgotten first
PEOPLE_AT_ONCE = 100  # at their full rate, on one instance


class TokenBucket:
    """`per_minute` on average, `per_minute` at once. Not locked: its owner is."""

    def __init__(self, per_minute: int, now: float) -> None:
        self._capacity = per_minute
        self._level = float(per_minute)
        self._updated_at = now

    def take(self, now: float) -> float:
        """Take one; returns 0, or the seconds until there is one."""
        elapsed = now - self._updated_at
        self._level = min(self._capacity, self._level + elapsed * self._capacity / 60)
        self._updated_at = now
        if self._level < 1:
            return (1 - self._level) * 60 / self._capacity
        self._level -= 1
        return 0

    def put_back(self) -> None:
        self._level = min(self._capacity, self._level + 1)


class RateLimit:
    """A token bucket for each person and one for the instance. Safe to share between threads."""

    def __init__(
        self, *, person_per_minute: int, instance_per_minute: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._person_per_minute = person_per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._instance = TokenBucket(instance_per_minute, clock())
        self._people: dict[str, TokenBucket] = {}

    @classmethod
    def of_people(cls, per_minute: int) -> "RateLimit":
        """For what costs little: the instance has room for PEOPLE_AT_ONCE."""
        return cls(person_per_minute=per_minute, instance_per_minute=per_minute * PEOPLE_AT_ONCE)

    def take(self, person_id: str) -> None:
        """Count one request of this person. Raises TooManyRequests saying when to come back."""
        now = self._clock()
        with self._lock:
            person = self._people.pop(person_id, None) or TokenBucket(self._person_per_minute, now)
            self._people[person_id] = person
            if len(self._people) > MAX_PEOPLE:
                del self._people[next(iter(self._people))]
            wait = person.take(now)
            if not wait and (wait := self._instance.take(now)):
                person.put_back()
        if wait:
            raise TooManyRequests(retry_after_seconds=ceil(wait))


class DailyLimit:
    """At most `limit` takes a UTC day over all instances. Safe to share between threads."""

    def __init__(
        self,
        bucket: ControlBucket,
        *,
        limit: int,
        block_size: int,
        utc_now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bucket = bucket
        self._limit = limit
        self._block_size = block_size
        self._slots = ceil(limit / block_size)
        self._utc_now = utc_now
        self._leasing = Turn(clock)
        self._counting = threading.Lock()  # never held while anything is asked
        self._day = date.min
        self._leased = 0
        self._next_slot = 0
        self._is_used_up = False

    def refuse_when_used_up(self) -> None:
        """Raises DailyLimitReached where it is known that nothing is left today; costs nothing."""
        with self._counting:
            self._start_day()
            if self._is_used_up and not self._leased:
                raise DailyLimitReached(retry_after_seconds=seconds_to_midnight(self._utc_now()))

    def take_leased(self) -> date | None:
        """Take one that is leased already; costs nothing. Returns its day, or None: `take` has to lease first."""
        with self._counting:
            self._start_day()
            if not self._leased:
                return None
            self._leased -= 1
            return self._day

    def take(self) -> date:
        """Take one, leasing a block where none is left; returns its day.

        Raises DailyLimitReached or ControlUnavailable.
        """
        if (day := self.take_leased()) is not None:
            return day
        with self._leasing.take(wait_seconds=TOTAL_SECONDS):
            while (day := self.take_leased()) is None:
                self.refuse_when_used_up()
                self._lease()
            return day

    def put_back(self, day: date) -> None:
        """Give back one that was taken on `day` and not used. Yesterday's is no use today."""
        with self._counting:
            self._start_day()
            if day == self._day:
                self._leased += 1

    def _start_day(self) -> None:
        today = self._utc_now().date()
        if today != self._day:
            self._day, self._leased, self._next_slot, self._is_used_up = today, 0, 0, False

    def _lease(self) -> None:
        """Create the first slot that nobody has. Slots are created in order, so those before it are looked up once."""
        with self._counting:
            self._start_day()
            day, slot = self._day, self._next_slot
        if slot == 0:
            slot = len(self._bucket.list(f"minted/{day}/"))
        while slot < self._slots and not self._bucket.create(f"minted/{day}/{slot:06d}", _unique_content()):
            slot += 1
        with self._counting:
            self._start_day()
            if day == self._day:
                self._count(slot)

    def _count(self, slot: int) -> None:
        """This slot is ours now; one beyond the last is nobody's."""
        self._next_slot = slot + 1
        if slot < self._slots:
            self._leased += min(self._block_size, self._limit - slot * self._block_size)
        else:
            self._is_used_up = True


def _unique_content() -> bytes:
    """A create that is repeated because its answer was lost recognises its own object by this."""
    return b'{"lease":"%s"}' % os.urandom(16).hex().encode()


def seconds_to_midnight(now: datetime) -> int:
    tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
    return ceil((tomorrow - now).total_seconds())
