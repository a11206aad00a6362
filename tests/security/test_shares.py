"""One person takes neither more than their minutes and their share of the day, nor the log of others: with clocks that
are moved by hand."""

import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
import requests
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
from werkzeug.test import create_environ

from ..functions.an_agent import AGENT
from ..functions.conftest import API_KEY, Clock, LoadFunction, session_cookie
from ..functions.memory_bucket import MemoryBucket
from ..functions.phone_calls import Telephone
from .conftest import Figure
from .lockstep import Lockstep
from .stopping import MADE_UP_CALLS, Stopping

MONTHLY_MINUTES = 2
CALLS = 5
AT_ONCE = 2
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

DAY_MINUTES = 24 * 60
INSTANCES = 6  # three of the mint, three of create-call
DAILY_LIMIT, SHARE, PER_MINUTE = 200, 50, 6

FOREIGN_BATCHES = MADE_UP_CALLS
GOOGLE = "voicemint.google"
STOP_SECONDS = 15


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


def test_batches_under_calls_of_others_that_reach_the_function_are_stored_under_no_call(
    load_function: LoadFunction, monkeypatch: pytest.MonkeyPatch, figure: Figure
) -> None:
    control, stored = MemoryBucket(), list[str]()
    control.create(CONTROL_OBJECT, ControlState().encode())
    CallDeadline(control, SimpleNamespace()).bind(calls_of_ana(1)[0])  # type: ignore[arg-type]
    client = load_function("log_payload", BUCKET="payloads", VOICEMINT_ACCESS="invite")
    monkeypatch.setattr(f"{GOOGLE}.control_bucket.ControlBucket.read", lambda _, name, **_limits: control.read(name))
    monkeypatch.setattr(f"{GOOGLE}.payload_bucket.Bucket.create", lambda _, name, *_content: stored.append(name))
    of_ana = (send(client.application, "ben", f"rtc_0/{number}") for number in range(FOREIGN_BATCHES // 2))
    assert Counter(of_ana) == {"403 FORBIDDEN": FOREIGN_BATCHES // 2}
    made_up = (send(client.application, "carl", f"rtc_made_up_{number}/0") for number in range(FOREIGN_BATCHES // 2))
    assert Counter(made_up) == {"200 OK": FOREIGN_BATCHES // 2}
    assert [name for name in stored if not name.split("/")[2].startswith("page_")] == []
    figure(f"{FOREIGN_BATCHES} such batches sent to log-payload", f"0 of {len(stored)} stored under a call")


def send(function: Any, person_id: str, batch: str) -> str:
    """The status of what the function answers to a batch, without a test client's own work."""
    body = b'{"at": "2026-11-21T10:00:00Z", "event": {"type": "x"}}'
    headers = {"Content-Type": "application/x-ndjson", "Voicemint-Batch": batch, "Cookie": cookie_of(person_id)}
    environ = create_environ("/api/logs", method="POST", data=body, headers=headers)
    statuses: list[str] = []
    b"".join(function(environ, lambda status, _headers, *_: statuses.append(status)))
    return statuses[0]


@cache
def cookie_of(person_id: str) -> str:
    return f"__session={session_cookie(id=person_id)}"


def test_a_stop_has_ended_the_one_real_call_before_it_has_looked_through_a_log_full_of_made_up_ones(
    openai_url: str, monkeypatch: pytest.MonkeyPatch, figure: Figure
) -> None:
    telephone = Telephone(openai_url)
    call = telephone.rings()
    accepted = f"{openai_url}/v1/realtime/calls/{call['call_id']}/accept"
    key = {"Authorization": f"Bearer {API_KEY}"}
    requests.post(accepted, json=AGENT.session_config(), headers=key, timeout=5).raise_for_status()
    began_at, looked = time.monotonic(), list[float]()

    def is_ended_when_the_log_is_looked_at() -> None:
        while telephone.state_of(call) != "hung up":
            assert time.monotonic() < began_at + STOP_SECONDS
            time.sleep(0.05)
        looked.append(time.monotonic() - began_at)

    done = Stopping({f"calls/{call['call_id']}.json": b""}, f"{openai_url}/v1", is_ended_when_the_log_is_looked_at)
    monkeypatch.setattr(stop, "key_in_use", lambda _: Secret(API_KEY))
    monkeypatch.setattr("owner.live_calls.HANG_UP_SECONDS", 1)  # for all that are made up
    stop.hang_up(done.project)
    figure(f"stop.sh, the one real call among {FOREIGN_BATCHES}", f"ended after {looked[0]:.1f} s")
