"""Whether this person may have another client secret or call now: stopped, signed out, rate, day, share of it, month.

Known refusals are raised before OpenAI is asked. The control bucket is read while OpenAI works. If that refuses, the
result is thrown away: an unused client secret costs nothing, and a call is hung up before its SDP answer is sent.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import date
from functools import partial

from voicemint.access.person import Person
from voicemint.control.stop_switch import Control, ControlState, refuse_when_stopped
from voicemint.errors import ControlUnavailable
from voicemint.google.control_bucket import ControlBucket
from voicemint.limits.daily import DailyLimit
from voicemint.limits.monthly_minutes import Allowance, MonthlyMinutes
from voicemint.limits.person_shares import PersonShares
from voicemint.limits.rate import RateLimit
from voicemint.settings import Settings

MAX_READING = 128  # four for each that has to be asked for
LEASE_SECONDS = 3.5  # how long a caller waits for the bucket, from its first step on: OpenAI answers meanwhile

Lease = tuple["date | Future[date]", Callable[[date], None]]  # taken or being taken, and how it is given back


class Admission:
    """The one place that says yes to a mint or a call. Safe to share between threads."""

    def __init__(
        self, control: Control, rate: RateLimit, daily: DailyLimit, shares: PersonShares, minutes: MonthlyMinutes
    ) -> None:
        self._control = control
        self._rate = rate
        self._daily = daily
        self._shares = shares
        self._minutes = minutes
        self._threads = ThreadPoolExecutor(MAX_READING, thread_name_prefix="admission")

    @contextmanager
    def of(self, person: Person) -> Iterator[Callable[[], Allowance]]:
        """A block that may spend money for `person`. Use its result only if the block ends without an error.

        Yields a function that returns what is left of the month. It waits for the bucket, and raises what the end of
        the block would raise.

        Raises Stopped, SignedOut, TooManyRequests, DailyLimitReached, PersonDailyLimitReached, MonthlyLimitReached or
        ControlUnavailable: before the block if that is known in memory, at its end if the bucket had to be read.
        """
        self._refuse_what_is_known(person)
        leases, until = self._leases(person), time.monotonic() + LEASE_SECONDS

        def allowance() -> Allowance:
            _wait_for(leases, until)
            return self._minutes.known(person.person_id)

        try:
            yield allowance
            _wait_for(leases, until)
            if not self._control.is_fresh:  # OpenAI took its time
                _refuse(self._control.current(), person)
        except BaseException:
            _withdraw(leases, until)
            raise

    def check(self, person: Person) -> Allowance:
        """Admit a request that spends nothing by itself. Returns what is left of the month.

        Raises Stopped, SignedOut, TooManyRequests or ControlUnavailable.
        """
        self._rate.take(person.person_id)
        _refuse(self._control.current(), person)
        return self._minutes.read(person.person_id)

    def _refuse_what_is_known(self, person: Person) -> None:
        known = self._control.known
        if known is not None and (known.stopped or person.is_revoked(known)):
            _refuse(self._control.current(), person)  # the owner may have changed it since
        self._daily.refuse_when_used_up()
        self._shares.refuse_when_used_up(person.person_id)
        self._minutes.refuse_what_is_known(person.person_id)
        self._rate.take(person.person_id)

    def _leases(self, person: Person) -> list[Lease]:
        """One of the day, and one of the person's share of it."""
        share = self._lease_of_share(person), partial(self._shares.put_back, person.person_id)
        return [(self._lease(person), self._daily.put_back), share]

    def _lease(self, person: Person) -> "date | Future[date]":
        """One of the day's mints: at once if everything needed is in memory."""
        is_known = self._control.is_fresh and self._minutes.is_fresh(person.person_id)
        day = self._daily.take_leased() if is_known else None
        return day or self._begin_to_read_and_lease(person)

    def _begin_to_read_and_lease(self, person: Person) -> "Future[date]":
        """All that is only read is read at the same time; a slot is created when that has allowed it.

        The threads begin what they are given in order, so none waits for something that has no thread.
        """
        minutes = self._threads.submit(self._minutes.read, person.person_id)
        self._threads.submit(self._daily.look)
        return self._threads.submit(self._read_and_lease, person, minutes)

    def _lease_of_share(self, person: Person) -> "date | Future[date]":
        """One of the person's mints of the day; leased beside what else is read, and never after it."""
        day = self._shares.take_leased(person.person_id)
        return day or self._threads.submit(self._shares.take, person.person_id)

    def _read_and_lease(self, person: Person, minutes: "Future[Allowance]") -> date:
        _refuse(self._control.current(), person)
        minutes.result()
        self._minutes.refuse_what_is_known(person.person_id)
        return self._daily.take()


def _withdraw(leases: Sequence[Lease], until: float) -> None:
    """Nothing was made: give back the leases, now or when they arrive."""
    wait([lease for lease, _ in leases if isinstance(lease, Future)], timeout=_seconds_to(until))
    for lease, put_back in leases:
        if not isinstance(lease, Future):
            put_back(lease)
        elif not lease.cancel():
            lease.add_done_callback(partial(_give_back, put_back))


def _give_back(put_back: Callable[[date], None], lease: "Future[date]") -> None:
    if lease.exception() is None:
        put_back(lease.result())


def _wait_for(leases: Sequence[Lease], until: float) -> None:
    """Raises what a lease raised, or ControlUnavailable if one is not there by `until` (of time.monotonic)."""
    try:
        for lease, _ in leases:
            if isinstance(lease, Future):
                lease.result(timeout=_seconds_to(until))
    except TimeoutError:
        raise ControlUnavailable from None


def _seconds_to(until: float) -> float:
    return max(until - time.monotonic(), 0)


def _refuse(state: ControlState, person: Person) -> None:
    refuse_when_stopped(state)
    person.refuse_when_revoked(state)


def admission_for(settings: Settings) -> Admission:
    bucket = ControlBucket.of(settings)
    rate = RateLimit(person_per_minute=settings.person_per_minute, instance_per_minute=settings.instance_per_minute)
    return Admission(
        Control(bucket),
        rate,
        DailyLimit(bucket, limit=settings.daily_limit, block_size=settings.daily_block),
        PersonShares(bucket, limit=settings.person_daily_limit, largest_block=settings.daily_block),
        MonthlyMinutes(bucket, limit=settings.monthly_minutes),
    )
