"""Calls at the same time, with a control bucket in memory and a clock that stands still."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from voicemint.errors import TooManyCalls
from voicemint.limits.calls_at_once import Places, free

from ...conftest import Clock
from ...memory_bucket import MemoryBucket

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC).timestamp()
CALL_SECONDS = 600


class Person:
    """Takes places of one person's, two at once, on as many instances as are asked for."""

    def __init__(self, now: float = NOON) -> None:
        self.bucket = MemoryBucket()
        self.clock = Clock(now)

    def instance(self) -> Places:
        return Places(self.bucket, 2, self.clock)  # type: ignore[arg-type]

    def take(self, person_id: str = "ana") -> str:
        return self.instance().take(person_id, int(self.clock.now) + CALL_SECONDS)

    def end(self, place: str) -> None:
        free(self.bucket, "ana", place)  # type: ignore[arg-type]

    @property
    def has_room(self) -> bool:
        try:
            self.take()
        except TooManyCalls:
            return False
        return True


def test_a_call_that_ended_gives_its_place_to_another() -> None:
    person = Person()
    first, _ = person.take(), person.take()
    assert not person.has_room
    person.end(first)
    person.end(first)  # whoever else saw it end
    assert person.has_room
    assert not person.has_room


def test_a_place_is_free_after_its_deadline_whether_anybody_told_or_not() -> None:
    person = Person()
    person.take()
    person.clock.now += 1
    person.take()
    person.clock.now += CALL_SECONDS - 1
    assert person.has_room
    assert not person.has_room


def test_a_call_that_began_before_midnight_counts_after_it() -> None:
    person = Person(MIDNIGHT - 1)
    person.take()
    person.clock.now += 1
    person.take()
    assert not person.has_room


def test_parallel_calls_on_many_instances_get_exactly_as_many_places() -> None:
    person = Person()

    def tries(_number: int) -> bool:
        return person.has_room

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(tries, range(64))) == 2


def test_each_person_has_places_of_their_own() -> None:
    person = Person()
    person.take(), person.take()
    assert person.take("ben")


def test_a_call_without_a_place_frees_none() -> None:
    person = Person()
    person.end("")
    assert person.bucket.objects == {}


@pytest.mark.parametrize("calls", [999])
def test_somebody_who_begins_calls_all_day_long_is_refused_at_some_point(calls: int) -> None:
    person = Person()
    places = person.instance()
    for _ in range(calls):
        person.end(places.take("ana", int(person.clock.now) + CALL_SECONDS))
    assert person.has_room
    assert person.has_room
    assert not person.has_room
