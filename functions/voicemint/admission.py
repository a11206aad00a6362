"""Whether this person may have another client secret now: stopped, signed out, rate, day.

What is known in memory is decided before OpenAI is asked. What has to be read from the control bucket is read while
OpenAI works, and a client secret that turns out not to be allowed is thrown away (unused, it costs nothing).
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from voicemint.access import Person
from voicemint.control import Control, refuse_when_stopped
from voicemint.control_bucket import ControlBucket
from voicemint.limits import DailyLimit, RateLimit
from voicemint.settings import Settings

MAX_READING = 32


class Admission:
    """The one place that says yes to a mint. Safe to share between threads."""

    def __init__(self, control: Control, rate: RateLimit, daily: DailyLimit) -> None:
        self._control = control
        self._rate = rate
        self._daily = daily
        self._threads = ThreadPoolExecutor(MAX_READING, thread_name_prefix="admission")

    @contextmanager
    def of(self, person: Person) -> Iterator[None]:
        """A block that may spend money for `person`; what it made counts only if the block ends without an error.

        Raises Stopped, SignedOut, TooManyRequests, DailyLimitReached or ControlUnavailable: before the block what is
        known at once, after it what had to be read.
        """
        self._refuse_what_is_known(person)
        reading = None if self._is_leased() else self._threads.submit(self._read_and_lease, person)
        try:
            yield
        except BaseException:
            self._withdraw(reading)
            raise
        if reading is not None:
            reading.result()

    def _refuse_what_is_known(self, person: Person) -> None:
        if self._control.known is not None:
            refuse_when_stopped(self._control.known)
            person.refuse_when_revoked(self._control.known)
        self._rate.take(person.person_id)

    def _is_leased(self) -> bool:
        return self._control.is_fresh and self._daily.take_leased()

    def _read_and_lease(self, person: Person) -> None:
        state = self._control.current()
        refuse_when_stopped(state)
        person.refuse_when_revoked(state)
        self._daily.take()

    def _withdraw(self, reading: "Future[None] | None") -> None:
        """Nothing was made: give back what was taken."""
        if reading is None or reading.exception() is None:
            self._daily.put_back()


def admission_for(settings: Settings) -> Admission:
    bucket = ControlBucket.of(settings)
    rate = RateLimit(person_per_minute=settings.person_per_minute, instance_per_minute=settings.instance_per_minute)
    return Admission(
        Control(bucket), rate, DailyLimit(bucket, limit=settings.daily_limit, block_size=settings.daily_block)
    )
