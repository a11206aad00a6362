"""One person takes neither more than their minutes and their share of the day, nor the log of others: with clocks that
are moved by hand."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from owner import stop
from voicemint.access.person import Person
from voicemint.agents.call_mode import CallMode
from voicemint.calls.call import KnownCall
from voicemint.calls.deadline import CallDeadline
from voicemint.control.stop_switch import CONTROL_OBJECT, Control, ControlState
from voicemint.errors import ApiError, CallTaken, PersonDailyLimitReached, TooManyCalls, TooManyRequests
from voicemint.limits.admission import Admission
from voicemint.limits.calls_at_once import Places
from voicemint.limits.daily import DailyLimit
from voicemint.limits.monthly_minutes import MonthlyMinutes
from voicemint.limits.person_shares import PersonShares
from voicemint.limits.rate import RateLimit
from voicemint.payloads.owner import BatchOwners
from voicemint.secrets.openai_key import Secret

from ..functions.an_agent import AGENT
from ..functions.conftest import API_KEY, Clock
from ..functions.memory_bucket import MemoryBucket
from .conftest import Figure
from .lockstep import Lockstep

MONTHLY_MINUTES = 2
CALLS = 5
AT_ONCE = 2
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

DAY_MINUTES = 24 * 60
INSTANCES = 6  # three of the mint, three of create-call
DAILY_LIMIT, SHARE, PER_MINUTE = 200, 50, 6

FOREIGN_BATCHES = 20_000


def calls_of_ana(count: int) -> list[KnownCall]:
    """Opened at the same moment, each with all that is left of the month to its deadline."""
    started_at = int(NOON.timestamp())
    first = KnownCall(
        call_id="rtc_0",
        person_id="ana",
        agent="a",
        setup=CallMode.UNIFIED,
        started_at=started_at,
        deadline=started_at + MONTHLY_MINUTES * 60,
    )
    return [replace(first, call_id=f"rtc_{number}") for number in range(count)]


def minutes_counted(bucket: MemoryBucket) -> int:
    return len(bucket.list("minutes/2026-11/ana/"))


def test_parallel_calls_stay_within_the_month(figure: Figure) -> None:
    bucket = MemoryBucket()
    places = Places(bucket, AT_ONCE, NOON.timestamp)  # type: ignore[arg-type]
    let_in = [call for call in calls_of_ana(CALLS) if has_place(places, call)]
    assert len(let_in) == AT_ONCE
    world = Lockstep(bucket, NOON.timestamp())
    world.run(let_in, AGENT, MONTHLY_MINUTES)
    assert sorted(world.hung_up) == [call.call_id for call in let_in]
    assert minutes_counted(bucket) <= MONTHLY_MINUTES + len(let_in)
    figure(
        f"{CALLS} parallel calls, a month of {MONTHLY_MINUTES} minutes",
        f"{len(let_in)} let in, {minutes_counted(bucket)} minutes counted",
    )


def has_place(places: Places, call: KnownCall) -> bool:
    try:
        places.take(call.person_id, call.deadline)
    except TooManyCalls:
        return False
    return True


def test_calls_that_were_all_let_in_end_after_a_minute_each(figure: Figure) -> None:
    bucket = MemoryBucket()
    world = Lockstep(bucket, NOON.timestamp())
    world.run(calls_of_ana(CALLS), AGENT, MONTHLY_MINUTES)
    assert len(world.hung_up) == CALLS
    assert minutes_counted(bucket) <= MONTHLY_MINUTES + CALLS
    figure("the same, all let in", f"{minutes_counted(bucket)} minutes counted")


class Instances:
    """As many instances as a deployment may have, on one control bucket and one clock."""

    def __init__(self) -> None:
        self.clock = Clock(0)
        self.upstream = 0
        self._bucket = MemoryBucket()
        self._bucket.create(CONTROL_OBJECT, ControlState().encode())
        self._all = [self._instance() for _ in range(INSTANCES)]

    def _now(self) -> datetime:
        return datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=self.clock.now)

    def _instance(self) -> Admission:
        bucket: Any = self._bucket
        return Admission(
            Control(bucket, self.clock),
            RateLimit(person_per_minute=PER_MINUTE, instance_per_minute=30, clock=self.clock),
            DailyLimit(bucket, limit=DAILY_LIMIT, block_size=5, utc_now=self._now),
            PersonShares(bucket, limit=SHARE, largest_block=5, utc_now=self._now),
            MonthlyMinutes(bucket, limit=600, clock=self.clock, utc_now=self._now),
        )

    def ask(self, person: Person, number: int) -> str:
        """What this person is answered by the instance of this number: "given", or the code of a refusal."""
        try:
            with self._all[number % INSTANCES].of(person):
                self.upstream += 1
        except ApiError as refusal:
            return refusal.code
        return "given"


def test_one_cookie_at_full_rate_for_a_day_gets_its_share_and_leaves_the_rest(figure: Figure) -> None:
    instances, thief = Instances(), Person("ana", "Ana")
    answers: Counter[str] = Counter()
    for _ in range(DAY_MINUTES - 1):
        answers.update(instances.ask(thief, number) for number in range(INSTANCES * (PER_MINUTE + 1)))
        instances.clock.now += 60
    assert answers.keys() == {"given", TooManyRequests.code, PersonDailyLimitReached.code}
    assert answers["given"] <= SHARE
    others = Counter(instances.ask(Person(name, name), number) for number, name in enumerate("bcd"))
    assert others == {"given": 3}
    figure(
        f"one cookie at full rate for a day, {INSTANCES} instances",
        f"{answers.total()} sent, {answers['given']} given of a share of {SHARE}; others get theirs",
    )


def test_batches_under_calls_of_others_are_not_stored_and_do_not_blind_the_stop(
    figure: Figure, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = MemoryBucket()
    CallDeadline(bucket, SimpleNamespace()).bind(calls_of_ana(1)[0])  # type: ignore[arg-type]
    owners = BatchOwners(bucket)  # type: ignore[arg-type]
    for number in range(0, FOREIGN_BATCHES, 2):
        with pytest.raises(CallTaken):
            owners.folder_of("rtc_0", "ben")
        made_up = f"rtc_made_up_{number}"
        assert owners.folder_of(made_up, "ben") == f"page_{made_up}_ben"  # a name of the sender's, and no call's
    done = Stopping(bucket.objects)
    monkeypatch.setattr(stop, "hang_up_all", done.hang_up_all)
    monkeypatch.setattr(stop, "key_in_use", lambda _: Secret(API_KEY))
    stop.hang_up(done.project)
    assert done.steps[0] == ["rtc_0"]  # before anything of the log was looked at
    assert len(done.steps[2]) == FOREIGN_BATCHES
    figure(f"{FOREIGN_BATCHES} batches with foreign call ids", "0 stored under a call")
    figure(f"stop.sh beside {FOREIGN_BATCHES} made-up calls of an older log", "the one real call was hung up first")


class Stopping:
    """Buckets of a project whose log is full of made-up calls, and the steps of a stop in their order."""

    def __init__(self, registered: dict[str, bytes]) -> None:
        self.steps: list[Any] = []
        settings = SimpleNamespace(openai_base_url="https://api.openai.example/v1")
        self.project: Any = SimpleNamespace(
            settings=settings,
            control_bucket=SimpleNamespace(list_blobs=lambda prefix, **_: blobs(registered, prefix)),
            payload_bucket=SimpleNamespace(list_blobs=self._list_log),
        )

    def hang_up_all(self, calls: list[str], *_: object) -> Counter[str]:
        self.steps.append(list(calls))
        return Counter({"hung up": len(calls)})

    def _list_log(self, prefix: str, **_: object) -> Iterator[Any]:
        if self.steps[-1] != "log":
            self.steps.append("log")
        today = f"calls/dt={datetime.now(UTC):%Y-%m-%d}/"
        names = {f"{prefix}rtc_a_{number:06d}/000000-0.ndjson": b"" for number in range(FOREIGN_BATCHES)}
        return blobs(names, prefix) if prefix == today else iter(())


def blobs(objects: dict[str, bytes], prefix: str) -> Iterator[Any]:
    now = datetime.now(UTC)
    return (SimpleNamespace(name=name, time_created=now) for name in objects if name.startswith(prefix))
