"""Who is let through to OpenAI, with every clock standing still and the control bucket in memory."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event

import pytest
from voicemint.access.person import Person
from voicemint.control.stop_switch import CONTROL_OBJECT, MAX_AGE_SECONDS, REFRESH_SECONDS, Control, ControlState
from voicemint.errors import (
    ApiError,
    ControlUnavailable,
    DailyLimitReached,
    MonthlyLimitReached,
    PersonDailyLimitReached,
    SignedOut,
    Stopped,
    TooManyRequests,
    UpstreamUnavailable,
)
from voicemint.limits.admission import Admission
from voicemint.limits.daily import DailyLimit
from voicemint.limits.monthly_minutes import REFRESH_SECONDS as MINUTES_REFRESH_SECONDS
from voicemint.limits.monthly_minutes import Allowance, MonthlyMinutes
from voicemint.limits.person_shares import PersonShares
from voicemint.limits.rate import RateLimit

from ...conftest import Clock

ANA = Person("ana", "Ana", expires_at=None, epoch=1)
ALLOWED = ControlState(epoch=1)
LIMIT_SECONDS = 10


class Bucket:
    """A control bucket in memory; `answering` is cleared while it does not answer yet."""

    def __init__(self) -> None:
        self.state: ControlState | None = ALLOWED
        self.slots: list[str] = []
        self.contents: dict[str, bytes] = {}
        self.answering = Event()
        self.answering.set()

    def read(self, object_name: str, **_limits: float) -> bytes | None:
        assert self.answering.wait(LIMIT_SECONDS)
        if self.state is None:
            raise ControlUnavailable
        return self.state.encode() if object_name == CONTROL_OBJECT else self.contents.get(object_name)

    def list(self, prefix: str, at_most: int = 1000, **_limits: float) -> list[str]:
        return [name for name in self.slots if name.startswith(prefix)][:at_most]

    def create(self, name: str, content: bytes) -> bool:
        if self.state is None:
            raise ControlUnavailable
        is_new = name not in self.slots
        if is_new:
            self.slots.append(name)
            self.contents[name] = content
        return is_new


class Upstream:
    """Stands where OpenAI is asked, and counts; `meanwhile` happens before it answers."""

    def __init__(self) -> None:
        self.asked = 0
        self.meanwhile: Callable[[], object] = lambda: None

    def mint(self) -> str:
        self.asked += 1
        self.meanwhile()
        return f"ek_{self.asked}"


class Function:
    """What the mint function does around its admission."""

    def __init__(
        self,
        bucket: Bucket,
        upstream: Upstream,
        clock: Clock,
        *,
        daily: int,
        per_minute: int,
        block: int = 2,
        share: int = 1000,
    ) -> None:
        rate = RateLimit(person_per_minute=per_minute, instance_per_minute=1000, clock=clock)
        day = DailyLimit(
            bucket,  # type: ignore[arg-type]
            limit=daily,
            block_size=block,
            utc_now=lambda: datetime(2026, 11, 21, tzinfo=UTC),
        )
        shares = PersonShares(
            bucket,  # type: ignore[arg-type]
            limit=share,
            largest_block=block,
            utc_now=lambda: datetime(2026, 11, 21, tzinfo=UTC),
        )
        minutes = MonthlyMinutes(
            bucket,  # type: ignore[arg-type]
            limit=3,
            clock=clock,
            utc_now=lambda: datetime(2026, 11, 21, tzinfo=UTC),
        )
        self._admission = Admission(Control(bucket, clock), rate, day, shares, minutes)  # type: ignore[arg-type]
        self._upstream = upstream

    def mint(self, person: Person = ANA) -> str:
        with self._admission.of(person):
            return self._upstream.mint()

    def check(self, person: Person = ANA) -> Allowance:
        return self._admission.check(person)

    def left_after_minting(self, person: Person = ANA) -> Allowance:
        with self._admission.of(person) as allowance:
            self._upstream.mint()
            return allowance()

    def refusal(self, person: Person = ANA) -> type[ApiError]:
        with pytest.raises(ApiError) as caught:
            self.mint(person)
        return caught.type


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def function(bucket: Bucket, upstream: Upstream, clock: Clock) -> Function:
    return Function(bucket, upstream, clock, daily=4, per_minute=1000)


def test_who_is_allowed_gets_a_client_secret(function: Function) -> None:
    assert [function.mint() for _ in range(4)] == ["ek_1", "ek_2", "ek_3", "ek_4"]


def test_what_must_be_read_is_read_while_openai_works(function: Function, bucket: Bucket, upstream: Upstream) -> None:
    bucket.answering.clear()
    upstream.meanwhile = bucket.answering.set  # only once OpenAI is at work does the bucket answer
    assert function.mint() == "ek_1"


def test_a_client_secret_that_was_not_allowed_after_all_is_thrown_away(
    function: Function, bucket: Bucket, upstream: Upstream
) -> None:
    bucket.state = replace(ALLOWED, stopped=True)
    assert function.refusal() is Stopped
    assert upstream.asked == 1  # a fresh instance did not know yet


def test_a_stop_that_is_known_costs_no_request_to_openai(
    function: Function, bucket: Bucket, upstream: Upstream
) -> None:
    bucket.state = replace(ALLOWED, stopped=True)
    function.refusal()
    assert {function.refusal() for _ in range(100)} == {Stopped}
    assert upstream.asked == 1


def test_a_stop_is_in_force_ten_seconds_later(
    function: Function, bucket: Bucket, upstream: Upstream, clock: Clock
) -> None:
    function.mint()
    bucket.state = replace(ALLOWED, stopped=True)
    clock.now += REFRESH_SECONDS
    assert function.refusal() is Stopped


def test_the_owner_can_resume(function: Function, bucket: Bucket, clock: Clock) -> None:
    bucket.state = replace(ALLOWED, stopped=True)
    function.refusal()
    bucket.state = ALLOWED
    assert function.refusal() is Stopped
    clock.now += REFRESH_SECONDS
    assert function.mint().startswith("ek_")


def test_a_stop_while_openai_takes_its_time_still_holds(
    function: Function, bucket: Bucket, upstream: Upstream, clock: Clock
) -> None:
    def be_slow() -> None:
        bucket.state = replace(ALLOWED, stopped=True)
        clock.now += REFRESH_SECONDS

    function.mint()
    upstream.meanwhile = be_slow
    assert function.refusal() is Stopped


@pytest.mark.parametrize(
    "state", [replace(ALLOWED, revoked=frozenset({"ana"})), replace(ALLOWED, epoch=2)], ids=["one person", "everybody"]
)
def test_who_was_signed_out_is_refused_at_once_or_after_the_reading(
    function: Function, bucket: Bucket, upstream: Upstream, state: ControlState
) -> None:
    bucket.state = state
    assert function.refusal() is SignedOut
    assert {function.refusal() for _ in range(100)} == {SignedOut}
    assert upstream.asked == 1
    assert function.mint(replace(ANA, person_id="ben", epoch=2)) == "ek_2"


def test_a_person_who_has_no_epoch_is_not_signed_out_by_one(function: Function, bucket: Bucket) -> None:
    bucket.state = replace(ALLOWED, epoch=7)
    assert function.mint(replace(ANA, epoch=None)) == "ek_1"


def test_too_often_costs_no_request_to_openai(bucket: Bucket, upstream: Upstream, clock: Clock) -> None:
    function = Function(bucket, upstream, clock, daily=1000, per_minute=3)
    for _ in range(3):
        function.mint()
    assert {function.refusal() for _ in range(100)} == {TooManyRequests}
    assert upstream.asked == 3


def test_a_mint_beyond_the_day_is_thrown_away_and_from_then_on_openai_is_not_asked(
    function: Function, upstream: Upstream
) -> None:
    for _ in range(4):
        function.mint()
    assert {function.refusal() for _ in range(100)} == {DailyLimitReached}
    assert upstream.asked == 5


@pytest.fixture
def sharing(bucket: Bucket, upstream: Upstream, clock: Clock) -> Function:
    """Two of a day's eight are one person's."""
    return Function(bucket, upstream, clock, daily=8, per_minute=1000, share=2)


BEN = replace(ANA, person_id="ben")


def test_who_has_used_their_share_of_the_day_leaves_the_rest_to_others(sharing: Function, upstream: Upstream) -> None:
    sharing.mint()
    sharing.mint()
    assert {sharing.refusal() for _ in range(100)} == {PersonDailyLimitReached}
    assert upstream.asked == 3  # what is known costs no request
    sharing.mint(BEN)
    sharing.mint(BEN)


def test_a_share_is_read_while_openai_works(sharing: Function, bucket: Bucket, upstream: Upstream) -> None:
    sharing.mint()
    bucket.answering.clear()
    upstream.meanwhile = bucket.answering.set
    assert sharing.mint(BEN) == "ek_2"


def test_what_a_share_refuses_and_what_openai_fails_at_is_given_back(sharing: Function, upstream: Upstream) -> None:
    def fail() -> None:
        raise UpstreamUnavailable

    upstream.meanwhile = fail
    assert {sharing.refusal() for _ in range(20)} == {UpstreamUnavailable}
    upstream.meanwhile = lambda: None
    people = [replace(ANA, person_id=f"person{number}") for number in range(4)]
    for person in people:
        sharing.mint(person)
        sharing.mint(person)
        if person is not people[-1]:
            assert sharing.refusal(person) is PersonDailyLimitReached
    assert sharing.refusal(BEN) is DailyLimitReached


def test_a_failure_of_openai_gives_the_days_slot_back(function: Function, upstream: Upstream) -> None:
    def fail() -> None:
        raise UpstreamUnavailable

    upstream.meanwhile = fail
    assert {function.refusal() for _ in range(20)} == {UpstreamUnavailable}
    upstream.meanwhile = lambda: None
    for _ in range(4):
        function.mint()
    assert function.refusal() is DailyLimitReached


def test_a_client_secret_thrown_away_gives_the_days_slot_back(
    function: Function, bucket: Bucket, upstream: Upstream, clock: Clock
) -> None:
    def be_slow() -> None:
        bucket.state = replace(ALLOWED, stopped=True)
        clock.now += REFRESH_SECONDS

    function.mint()
    upstream.meanwhile = be_slow
    function.refusal()
    upstream.meanwhile = lambda: None
    bucket.state = ALLOWED
    clock.now += REFRESH_SECONDS
    for _ in range(3):
        function.mint()
    assert function.refusal() is DailyLimitReached


def test_it_is_closed_where_the_control_state_was_never_read(function: Function, bucket: Bucket) -> None:
    bucket.state = None
    assert {function.refusal() for _ in range(20)} == {ControlUnavailable}


def test_it_closes_a_minute_after_the_control_state_was_last_read(
    bucket: Bucket, upstream: Upstream, clock: Clock
) -> None:
    function = Function(bucket, upstream, clock, daily=4, per_minute=1000, block=4)
    for _ in range(2):
        function.mint()  # now one more is leased of the day and of the person's share
    bucket.state = None
    clock.now += MAX_AGE_SECONDS
    function.mint()
    clock.now += 0.1
    assert function.refusal() is ControlUnavailable


def use_minutes(bucket: Bucket, person: Person, *minutes: int) -> None:
    bucket.slots += [f"minutes/2026-11/{person.person_id}/rtc_1/{minute:02d}" for minute in minutes]


def test_whose_minutes_of_the_month_are_used_up_is_refused(
    function: Function, bucket: Bucket, upstream: Upstream, clock: Clock
) -> None:
    use_minutes(bucket, ANA, 0, 1)
    function.mint()
    use_minutes(bucket, ANA, 2)
    clock.now += MINUTES_REFRESH_SECONDS
    assert function.refusal() is MonthlyLimitReached
    asked = upstream.asked
    assert function.refusal() is MonthlyLimitReached
    assert upstream.asked == asked  # it is known now


def test_the_minutes_of_another_person_or_month_are_not_counted(function: Function, bucket: Bucket) -> None:
    use_minutes(bucket, Person("ben", "Ben"), *range(10))
    bucket.slots += [f"minutes/2026-10/{ANA.person_id}/rtc_1/{minute:02d}" for minute in range(10)]
    function.mint()


def test_who_is_let_through_is_told_what_is_left_of_the_month(
    function: Function, bucket: Bucket, upstream: Upstream, clock: Clock
) -> None:
    bucket.answering.clear()
    upstream.meanwhile = bucket.answering.set  # what is left is read while OpenAI works
    assert function.left_after_minting() == Allowance(3)
    use_minutes(bucket, ANA, 0, 1)
    clock.now += MINUTES_REFRESH_SECONDS
    assert [function.left_after_minting(), function.check()] == [Allowance(1)] * 2


def test_who_spends_nothing_is_told_too_that_nothing_is_left(function: Function, bucket: Bucket) -> None:
    use_minutes(bucket, ANA, *range(5))
    assert function.check() == Allowance(0)


@pytest.mark.parametrize(
    ("minutes", "seconds"), [(600, 1800), (30, 1800), (29, 1740), (1, 60), (0, 60)], ids=lambda value: str(value)
)
def test_a_call_is_no_longer_than_what_is_left_of_the_month(minutes: int, seconds: int) -> None:
    assert Allowance(minutes).seconds(1800) == seconds


@pytest.mark.parametrize(("stopped", "expected"), [(True, Stopped), (False, TooManyRequests)])
def test_what_spends_nothing_is_refused_when_stopped_and_counted_by_rate(
    bucket: Bucket, upstream: Upstream, clock: Clock, stopped: bool, expected: type[ApiError]
) -> None:
    bucket.state = replace(ALLOWED, stopped=stopped)
    function = Function(bucket, upstream, clock, daily=4, per_minute=1)
    if not stopped:
        function.check()
    with pytest.raises(expected):
        function.check()
