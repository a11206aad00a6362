"""How many requests a minute: per person, and per instance."""

import threading
import time
from collections.abc import Callable
from math import ceil

from voicemint.bounded_dict import BoundedDict
from voicemint.errors import TooManyRequests

MAX_PEOPLE = 10_000  # remembered per instance; who was asked for longest ago is forgotten first
PEOPLE_AT_ONCE = 100  # at their full rate, on one instance


class TokenBucket:
    """Allows `per_minute` on average, and `per_minute` at once. Not thread-safe: its owner holds a lock."""

    def __init__(self, per_minute: int, now: float) -> None:
        self._capacity = per_minute
        self._level = float(per_minute)
        self._updated_at = now

    def take(self, now: float) -> float:
        """Take one. Returns 0, or the seconds until one is available."""
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
        self._people = BoundedDict[str, TokenBucket](MAX_PEOPLE)

    @classmethod
    def of_people(cls, per_minute: int) -> "RateLimit":
        """For cheap requests: the instance allows PEOPLE_AT_ONCE people at their full rate."""
        return cls(person_per_minute=per_minute, instance_per_minute=per_minute * PEOPLE_AT_ONCE)

    def take(self, person_id: str) -> None:
        """Count one request of this person. Raises TooManyRequests saying when to come back."""
        now = self._clock()
        with self._lock:
            person = self._people.get(person_id) or TokenBucket(self._person_per_minute, now)
            self._people[person_id] = person
            wait = person.take(now)
            if not wait and (wait := self._instance.take(now)):
                person.put_back()
        if wait:
            raise TooManyRequests(retry_after_seconds=ceil(wait))
