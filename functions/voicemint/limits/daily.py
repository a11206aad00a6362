"""How many client secrets and calls a day, exactly.

The daily limit needs no database. A day has DAILY_LIMIT / DAILY_BLOCK slots, each an object that can be created once:
`minted/<day>/<slot>`. The instance that creates a slot has leased its block of mints. If an instance ends, the rest of
its block is lost. So the limit is never exceeded, only reached a little early.
"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from math import ceil

from voicemint.errors import ControlUnavailable, DailyLimitReached
from voicemint.google.control_bucket import ControlBucket
from voicemint.google.rest import TOTAL_SECONDS, Turn


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
        self._leasing = Turn(clock, ControlUnavailable)
        self._counting = threading.Lock()  # never held while anything is asked
        self._day = date.min
        self._leased = 0
        self._next_slot: int | None = None  # until it was looked up
        self._is_used_up = False

    def refuse_when_used_up(self) -> None:
        """Raises DailyLimitReached if memory says that nothing is left today. Reads nothing."""
        with self._counting:
            self._start_day()
            if self._is_used_up and not self._leased:
                raise DailyLimitReached(retry_after_seconds=seconds_to_midnight(self._utc_now()))

    def take_leased(self) -> date | None:
        """Take one that is leased already. Reads nothing. Returns its day, or None if `take` must lease first."""
        with self._counting:
            self._start_day()
            if not self._leased:
                return None
            self._leased -= 1
            return self._day

    def take(self) -> date:
        """Take one, leasing a block if none is left. Returns its day.

        Raises DailyLimitReached or ControlUnavailable.
        """
        if (day := self.take_leased()) is not None:
            return day
        with self._leasing.take(wait_seconds=TOTAL_SECONDS):
            while (day := self.take_leased()) is None:
                self.refuse_when_used_up()
                self._lease()
            return day

    def look(self) -> None:
        """Look up the day's first free slot, unless it is known or somebody is at it: what `take` does first.

        Takes nothing, and raises nothing: `take` will.
        """
        with suppress(ControlUnavailable), self._leasing.take(wait_seconds=0):
            self._first_free()

    def put_back(self, day: date) -> None:
        """Give back one that was taken on `day` and not used. One of yesterday is ignored."""
        with self._counting:
            self._start_day()
            if day == self._day:
                self._leased += 1

    def _start_day(self) -> None:
        today = self._utc_now().date()
        if today != self._day:
            self._day, self._leased, self._next_slot, self._is_used_up = today, 0, None, False

    def _lease(self) -> None:
        """Create the first slot that nobody has."""
        day, slot = self._first_free()
        while slot < self._slots and not self._bucket.create(f"minted/{day}/{slot:06d}", _unique_content()):
            slot += 1
        with self._counting:
            self._start_day()
            if day == self._day:
                self._count(slot)

    def _first_free(self) -> tuple[date, int]:
        """The day and its first slot that may be free. Slots are created in order, so they are listed once a day."""
        with self._counting:
            self._start_day()
            day, slot = self._day, self._next_slot
        if slot is None:
            slot = len(self._bucket.list(f"minted/{day}/"))
            with self._counting:
                self._start_day()
                if day == self._day:
                    self._next_slot = slot
        return day, slot

    def _count(self, slot: int) -> None:
        """This slot is ours now. A slot beyond the last means that the day is used up."""
        self._next_slot = slot + 1
        if slot < self._slots:
            self._leased += min(self._block_size, self._limit - slot * self._block_size)
        else:
            self._is_used_up = True


def _unique_content() -> bytes:
    """By this a create that is retried after a lost response recognises its own object."""
    return b'{"lease":"%s"}' % os.urandom(16).hex().encode()


def seconds_to_midnight(now: datetime) -> int:
    tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
    return ceil((tomorrow - now).total_seconds())
