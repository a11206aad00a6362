from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from voicemint.errors import TooManyRequests
from voicemint.limits import rate as rates
from voicemint.limits.rate import RateLimit, TokenBucket

from ...conftest import Clock

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TODAY = NOON.date()


def test_a_token_bucket_is_full_at_first_and_fills_up_evenly() -> None:
    bucket = TokenBucket(6, now=0)
    assert [bucket.take(0) for _ in range(6)] == [0] * 6
    assert bucket.take(0) == 10
    assert bucket.take(4) == 6
    assert bucket.take(10) == 0
    assert bucket.take(10) == 10


def test_a_token_bucket_never_holds_more_than_a_minutes_worth() -> None:
    bucket = TokenBucket(2, now=0)
    assert [bucket.take(86_400) == 0 for _ in range(4)] == [True, True, False, False]


def test_what_was_put_back_can_be_taken_again() -> None:
    bucket = TokenBucket(1, now=0)
    bucket.put_back()
    assert bucket.take(0) == 0
    bucket.put_back()
    assert bucket.take(0) == 0
    assert bucket.take(0) == 60


@pytest.fixture
def rate(clock: Clock) -> RateLimit:
    return RateLimit(person_per_minute=2, instance_per_minute=5, clock=clock)


def refused(take: Callable[[], object]) -> int:
    """For how many seconds `take` is refused."""
    with pytest.raises(TooManyRequests) as caught:
        take()
    assert caught.value.retry_after_seconds is not None
    return caught.value.retry_after_seconds


def test_a_person_who_asks_too_often_is_told_when_to_come_back(rate: RateLimit, clock: Clock) -> None:
    rate.take("ana")
    rate.take("ana")
    assert refused(lambda: rate.take("ana")) == 30
    clock.now += 29.5
    assert refused(lambda: rate.take("ana")) == 1
    clock.now += 0.5
    rate.take("ana")


def test_one_person_does_not_use_up_what_another_one_has(rate: RateLimit) -> None:
    for person in ("ana", "ana", "ben", "ben"):
        rate.take(person)
    refused(lambda: rate.take("ana"))
    rate.take("cleo")


def test_the_instance_has_a_limit_over_all_people(rate: RateLimit, clock: Clock) -> None:
    for person in "abcde":
        rate.take(person)
    assert refused(lambda: rate.take("f")) == 12
    clock.now += 12
    rate.take("f")


def test_who_is_refused_for_the_instances_sake_keeps_their_own(rate: RateLimit, clock: Clock) -> None:
    for person in "abcde":
        rate.take(person)
    for _ in range(10):
        refused(lambda: rate.take("f"))
    clock.now += 24  # two for the instance; two for f only if the refusals did not count
    rate.take("f")
    rate.take("f")


def test_who_is_refused_for_their_own_sake_uses_up_nothing_of_the_instance(rate: RateLimit) -> None:
    for _ in range(2):
        rate.take("ana")
    for _ in range(10):
        refused(lambda: rate.take("ana"))
    for person in "bcd":
        rate.take(person)


def test_the_people_remembered_are_bounded_and_the_idle_ones_go_first(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "MAX_PEOPLE", 2)
    rate = RateLimit(person_per_minute=1, instance_per_minute=1000, clock=clock)
    rate.take("idle")
    rate.take("ana")
    refused(lambda: rate.take("idle"))  # no longer idle: ana is
    rate.take("new")
    refused(lambda: rate.take("idle"))
    rate.take("ana")  # forgotten, so begun anew
