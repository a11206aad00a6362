"""One person's share of a day, with a control bucket in memory and a day that is set."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from voicemint.errors import PersonDailyLimitReached
from voicemint.limits.person_shares import PersonShares

from ...memory_bucket import MemoryBucket

LIMIT = 20


class Day:
    """Instances of a function that take of the same shares."""

    def __init__(self) -> None:
        self.bucket = MemoryBucket()
        self.now = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def instance(self) -> PersonShares:
        return PersonShares(
            self.bucket,  # type: ignore[arg-type]
            limit=LIMIT,
            largest_block=5,
            utc_now=lambda: self.now,
        )


@pytest.fixture
def day() -> Day:
    return Day()


def takes(shares: PersonShares, times: int, person_id: str = "ana") -> int:
    """How many of so many tries succeed."""
    taken = 0
    for _ in range(times):
        try:
            shares.take(person_id)
        except PersonDailyLimitReached:
            continue
        taken += 1
    return taken


def test_a_share_is_taken_to_the_last_one_and_not_beyond(day: Day) -> None:
    shares = day.instance()
    assert takes(shares, 100) == LIMIT
    with pytest.raises(PersonDailyLimitReached) as refusal:
        shares.refuse_when_used_up("ana")
    assert refusal.value.retry_after_seconds == 12 * 3600  # until midnight
    assert takes(shares, 100, "ben") == LIMIT


def test_it_is_exact_over_parallel_instances(day: Day) -> None:
    instances = [day.instance() for _ in range(4)]
    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(lambda number: takes(instances[number % 4], 10), range(32))) == LIMIT


def test_who_calls_seldom_and_always_on_a_new_instance_has_the_whole_share(day: Day) -> None:
    assert sum(takes(day.instance(), 1) for _ in range(100)) == LIMIT


def test_who_calls_often_pays_for_few_writes(day: Day) -> None:
    takes(day.instance(), LIMIT)
    assert len(day.bucket.objects) == 5  # 1, 5, 5, 5 and the 4 that are left


def test_what_was_not_used_can_be_taken_again_on_the_same_day(day: Day) -> None:
    shares = day.instance()
    taken_on = shares.take("ana")
    shares.put_back("ana", taken_on)
    assert takes(shares, 100) == LIMIT
    day.now += timedelta(days=1)
    shares.put_back("ana", taken_on)
    assert takes(shares, 100) == LIMIT


def test_what_is_leased_costs_nothing_more(day: Day) -> None:
    shares = day.instance()
    assert shares.take_leased("ana") is None
    takes(shares, 2)  # of 1 and 5
    assert [shares.take_leased("ana") for _ in range(4)] == [day.now.date()] * 4
    assert shares.take_leased("ana") is None


def test_many_at_once_on_one_instance_ask_the_bucket_no_more_often_than_one_after_the_other(day: Day) -> None:
    shares = day.instance()
    with ThreadPoolExecutor(LIMIT) as threads:
        assert sum(threads.map(lambda _: takes(shares, 1), range(LIMIT))) == LIMIT
    assert len(day.bucket.objects) == day.bucket.creates == 5
