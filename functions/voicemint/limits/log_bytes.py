"""How many bytes of log one person may store a UTC day, on each instance."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime

from voicemint.bounded_dict import BoundedDict
from voicemint.errors import LogLimitReached
from voicemint.limits.daily import seconds_to_midnight
from voicemint.limits.rate import MAX_PEOPLE


class DailyBytes:
    """At most `limit` bytes a person and day. Safe to share between threads."""

    def __init__(self, limit: int, utc_now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._limit = limit
        self._utc_now = utc_now
        self._lock = threading.Lock()
        self._day = date.min
        self._taken = BoundedDict[str, int](MAX_PEOPLE)  # by person

    def take(self, person_id: str, count: int) -> None:
        """Count `count` bytes. Raises LogLimitReached, and then counts nothing."""
        now = self._utc_now()
        with self._lock:
            if now.date() != self._day:
                self._day, self._taken = now.date(), BoundedDict(MAX_PEOPLE)
            taken = self._taken.get(person_id, 0)
            fits = taken + count <= self._limit
            self._taken[person_id] = taken + count if fits else taken
        if not fits:
            raise LogLimitReached(retry_after_seconds=seconds_to_midnight(now))
