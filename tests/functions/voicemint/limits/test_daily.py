from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from voicemint.errors import ControlUnavailable, DailyLimitReached
from voicemint.google.control_bucket import ControlBucket
from voicemint.google.rest import FAILURE_SECONDS
from voicemint.limits.daily import DailyLimit

from ...conftest import Clock

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TODAY = NOON.date()


class Bucket:
    """A control bucket in memory: objects are created once, in any number of instances."""

    def __init__(self) -> None:
        self.created: list[str] = []
        self.asked = 0
        self.is_down = False

    def list(self, prefix: str) -> list[str]:
        self._ask()
        return [name for name in self.created if name.startswith(prefix)]

    def create(self, name: str, _content: bytes) -> bool:
        self._ask()
        if name in self.created:
            return False
        self.created.append(name)
        return True

    def _ask(self) -> None:
        self.asked += 1
        if self.is_down:
            raise ControlUnavailable


class Day:
    """The time of day in UTC, as a test sets it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def day() -> Day:
    return Day()


Instance = Callable[..., DailyLimit]


@pytest.fixture
def instance(bucket: Bucket, day: Day) -> Instance:
    """Another instance of the function, with limits of its own on the same bucket."""

    def create(limit: int = 20, block_size: int = 5) -> DailyLimit:
        return DailyLimit(bucket, limit=limit, block_size=block_size, utc_now=day)  # type: ignore[arg-type]

    return create


def taken(daily: DailyLimit) -> int:
    """Take all there is; returns how many."""
    count = 0
    try:
        while True:
            daily.take()
            count += 1
    except DailyLimitReached:
        return count


@pytest.mark.parametrize(
    ("limit", "block_size"), [(20, 5), (20, 3), (20, 20), (20, 50), (1, 5), (7, 1), (21, 20)], ids=str
)
def test_the_limit_is_exact_whatever_the_block(instance: Instance, limit: int, block_size: int) -> None:
    assert taken(instance(limit, block_size)) == limit


def test_several_instances_share_one_limit(instance: Instance) -> None:
    instances = [instance(20, 3) for _ in range(4)]
    assert sum(taken(each) for each in instances) == 20


def test_an_instance_that_ends_wastes_what_is_left_of_its_block(instance: Instance) -> None:
    instance(20, 5).take()
    assert taken(instance(20, 5)) == 15


def test_a_block_costs_one_write(instance: Instance, bucket: Bucket) -> None:
    daily = instance(20, 5)
    for _ in range(5):
        daily.take()
    assert bucket.created == ["minted/2026-11-21/000000"]
    assert bucket.asked == 2  # one listing, one write
    daily.take()
    assert bucket.asked == 3


def test_a_new_instance_does_not_try_the_slots_that_are_gone(instance: Instance, bucket: Bucket) -> None:
    first = instance(10_000, 10)
    for _ in range(5_000):
        first.take()
    before = bucket.asked
    instance(10_000, 10).take()
    assert bucket.asked == before + 2


def test_a_full_day_is_remembered(instance: Instance, bucket: Bucket) -> None:
    daily = instance(5, 5)
    daily.refuse_when_used_up()
    taken(daily)
    before = bucket.asked
    with pytest.raises(DailyLimitReached):
        daily.refuse_when_used_up()
    assert taken(daily) == 0
    assert bucket.asked == before


def test_taking_what_is_leased_costs_nothing(instance: Instance, bucket: Bucket) -> None:
    daily = instance(20, 5)
    assert daily.take_leased() is None
    assert bucket.asked == 0
    daily.take()
    before = bucket.asked
    assert [daily.take_leased() for _ in range(5)] == [TODAY] * 4 + [None]
    assert bucket.asked == before


def test_what_was_put_back_can_be_taken_again_even_on_a_full_day(instance: Instance) -> None:
    daily = instance(5, 5)
    taken(daily)
    daily.put_back(TODAY)
    daily.refuse_when_used_up()
    assert taken(daily) == 1


def test_it_says_how_long_it_is_until_midnight_utc(instance: Instance, day: Day) -> None:
    daily = instance(1, 1)
    daily.take()
    day.now = datetime(2026, 11, 21, 23, 58, 59, 500_000, tzinfo=UTC)
    with pytest.raises(DailyLimitReached) as caught:
        daily.take()
    assert caught.value.retry_after_seconds == 61


def test_a_new_day_begins_at_midnight_utc(instance: Instance, day: Day, bucket: Bucket) -> None:
    daily = instance(5, 5)
    taken(daily)
    day.now = datetime(2026, 11, 21, 23, 59, 59, 999_999, tzinfo=UTC)
    assert taken(daily) == 0
    day.now += timedelta(microseconds=1)
    daily.refuse_when_used_up()
    assert daily.take() == date(2026, 11, 22)
    assert bucket.created == ["minted/2026-11-21/000000", "minted/2026-11-22/000000"]


def test_what_is_left_of_yesterdays_block_is_gone(instance: Instance, day: Day) -> None:
    daily = instance(5, 5)
    daily.take()
    day.now += timedelta(days=1)
    assert daily.take_leased() is None
    assert taken(daily) == 5


def test_yesterdays_is_not_put_back_into_today(instance: Instance, day: Day) -> None:
    daily = instance(5, 5)
    yesterday = daily.take()
    day.now += timedelta(days=1)
    daily.put_back(yesterday)
    assert taken(daily) == 5
    daily.put_back(yesterday)
    assert taken(daily) == 0


def test_a_block_leased_over_midnight_does_not_count_for_the_new_day(
    instance: Instance, day: Day, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily = instance(5, 5)
    create = bucket.create

    def create_over_midnight(name: str, content: bytes) -> bool:
        day.now = NOON + timedelta(days=1)
        return create(name, content)

    monkeypatch.setattr(bucket, "create", create_over_midnight)
    assert taken(daily) == 5
    assert bucket.created == ["minted/2026-11-21/000000", "minted/2026-11-22/000000"]


def test_a_bucket_that_does_not_answer_costs_no_slot_and_is_left_alone_for_a_moment(
    bucket: Bucket, day: Day, clock: Clock
) -> None:
    daily = DailyLimit(bucket, limit=20, block_size=5, utc_now=day, clock=clock)  # type: ignore[arg-type]
    daily.take()
    bucket.is_down = True
    for _ in range(4):
        daily.take()
    before = bucket.asked
    for _ in range(10):
        with pytest.raises(ControlUnavailable):
            daily.take()
    assert bucket.asked == before + 1
    bucket.is_down = False
    clock.now += FAILURE_SECONDS
    assert taken(daily) == 15


def test_threads_of_two_instances_on_the_real_bucket_take_exactly_the_limit(control_bucket: ControlBucket) -> None:
    instances = [DailyLimit(control_bucket, limit=20, block_size=3) for _ in range(2)]

    def take(number: int) -> bool:
        try:
            instances[number % 2].take()
        except DailyLimitReached:
            return False
        return True

    with ThreadPoolExecutor(32) as threads:
        assert sum(threads.map(take, range(100))) == 20
