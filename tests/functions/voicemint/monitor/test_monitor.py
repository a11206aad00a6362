"""One watch with a clock that stands still until it is moved; over real calls it is in test_live_calls.py."""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest
from voicemint.agents.call_mode import CallMode
from voicemint.agents.phone_table import parse_phone
from voicemint.agents.server_tools import UNCLAIMED, claim_of
from voicemint.calls.call import KnownCall
from voicemint.calls.tasks import WATCH, Task
from voicemint.control.stop_switch import ControlState
from voicemint.errors import CallTaken, ControlUnavailable, DeadlineUnavailable, StorageUnavailable
from voicemint.monitor.dependencies import Dependencies
from voicemint.monitor.monitor import OVERLAP_SECONDS, Watch
from voicemint.monitor.unfinished_writes import MAX_UNFINISHED
from voicemint.openai.sideband import SidebandClosed

from ...an_agent import AGENT as ANY_AGENT
from ...at_once import AtOnce
from ...conftest import Clock
from ...phone_calls import PHONE

STARTED_AT = 1_000_000
LIMIT_SECONDS = 10
AGENT = replace(ANY_AGENT, max_call_cents=1)
CALL = KnownCall(
    call_id="rtc_1",
    person_id="ana",
    agent="assistant",
    setup=CallMode.UNIFIED,
    started_at=STARTED_AT,
    deadline=STARTED_AT + 1800,
    epoch=4,
)
Json = dict[str, Any]


def paid_response(number: int, tokens: int) -> Json:
    usage = {"output_token_details": {"audio_tokens": tokens}}  # 64 USD a million: 1 cent is 156.25
    return {"type": "response.done", "response": {"id": f"resp_{number}", "usage": usage}}


class World:
    """Everything around a watch. `events` come one a second, then nothing does; None ends the connection."""

    def __init__(self) -> None:
        self.clock = Clock(STARTED_AT)
        self.agent = AGENT
        self.events: list[Json | None] = []
        self.attachable: list[bool] = []
        self.state: ControlState | None = ControlState()
        self.hung_up = 0
        self.sent: list[Json] = []
        self.written: list[str] = []
        self.objects: dict[str, bytes] = {}
        self.queued: list[Task] = []
        self.ends: list[tuple[KnownCall, str]] = []
        self.taken = False
        self.answering = Event()  # cleared while the bucket and the queue hang
        self.answering.set()
        self.is_down = self.is_queue_down = False
        self.meanwhile: Callable[[], None] = lambda: None
        self.threads: Executor = AtOnce()

    # what Dependencies holds
    def attach(self, _call_id: str) -> "World | None":
        is_there = self.attachable.pop(0) if self.attachable else True
        return self if is_there else None

    def hang_up(self, _call_id: str) -> bool:
        self.hung_up += 1
        self.answering.set()  # so that what is written last is written
        return True

    def glance(self, _threads: Executor) -> ControlState | None:
        return self.state

    def create(self, *what: Any) -> Any:
        """An object of the bucket, or a task of the queue."""
        self._answer()
        if isinstance(what[0], Task):
            return self.queued.append(what[0])
        return self.objects.setdefault(what[0], what[1]) == what[1]

    def list(self, prefix: str, at_most: int) -> Sequence[str]:
        self._answer()
        return [name for name in self.objects if name.startswith(prefix)][:at_most]

    def _answer(self) -> None:
        assert self.answering.wait(LIMIT_SECONDS)
        if self.is_down:
            raise ControlUnavailable

    def bind(self, call: KnownCall) -> KnownCall:
        self._answer()
        if self.taken:
            raise CallTaken
        return call

    def end_in_time(self, call: KnownCall, place: str) -> None:
        assert self.answering.wait(LIMIT_SECONDS)
        if self.is_queue_down:
            raise DeadlineUnavailable
        self.ends.append((call, place))

    def write(self, _call: KnownCall, key: str, _event: Json, _request_id: str) -> Any:
        return self.threads.submit(self.written.append, key)

    # the sideband
    def receive(self, seconds: float) -> Json | None:
        self.meanwhile()
        if not self.events:
            self.clock.now += seconds
            return None
        self.clock.now += 1
        event = self.events.pop(0)
        if event is None:
            raise SidebandClosed
        return event

    def send(self, event: Json) -> None:
        self.sent.append(event)

    def close(self) -> None:
        pass

    def watch(self, call: KnownCall = CALL, part: int = 0, **terms: Any) -> None:
        dependencies: Any = Dependencies(
            **dict.fromkeys(("openai", "queue", "deadline", "control", "bucket", "records"), self),  # type: ignore[arg-type]
            threads=self.threads,
            watch_seconds=1680,
            now=self.clock,
        )
        Watch(Task(WATCH, call, part, **terms), self.agent, dependencies, "request").run()

    @property
    def minutes(self) -> Sequence[str]:
        return [name.rpartition("/")[2] for name in self.objects if name.startswith("minutes/")]

    @property
    def micro_usd(self) -> int:
        return sum(int(name.rpartition("-")[2]) for name in self.objects if name.startswith("spent/"))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World()

    def sleep(seconds: float) -> None:
        world.clock.now += seconds

    monkeypatch.setattr("voicemint.monitor.monitor.time.sleep", sleep)
    yield world
    world.threads.shutdown()


def have_minutes_used(world: World, minutes: int) -> None:
    """By another call of the same person, in the month that the clock shows."""
    month = f"{datetime.fromtimestamp(STARTED_AT, UTC):%Y-%m}"
    world.objects |= {f"minutes/{month}/ana/rtc_2/{minute:02d}": b"{}" for minute in range(minutes)}


def ended_because(world: World) -> bool:
    return "voicemint.call_ended" in world.written


def test_a_call_that_goes_on_is_handed_over_and_watched_a_little_longer(world: World) -> None:
    world.watch()
    assert [task.part for task in world.queued] == [1]
    assert world.clock.now == STARTED_AT + 1680 + OVERLAP_SECONDS
    assert world.hung_up == 0
    assert len(world.minutes) == 29  # each that has begun


def test_the_successor_ends_it_at_the_deadline(world: World) -> None:
    world.clock.now += 1680
    world.watch(part=1)
    assert world.clock.now == CALL.deadline
    assert (world.hung_up, world.queued) == (1, [])
    assert ended_because(world)


def test_a_call_that_lasts_until_its_deadline_is_charged_exactly_its_minutes(world: World) -> None:
    world.watch(replace(CALL, deadline=STARTED_AT + 120))
    assert world.clock.now == STARTED_AT + 120
    assert world.minutes == ["00", "01"]


@pytest.mark.parametrize(("used", "minutes"), [(0, 3), (1, 2), (2, 1), (3, 0)], ids=str)
def test_a_month_that_another_call_uses_up_ends_this_one_within_a_minute(world: World, used: int, minutes: int) -> None:
    have_minutes_used(world, used)
    world.watch(monthly_minutes=3)
    assert world.hung_up == 1
    assert world.clock.now == STARTED_AT + 60 * minutes
    assert len(world.minutes) == 3 + 1  # and one for the call that found out


def test_the_month_is_read_once_a_minute_and_unread_it_ends_no_call(world: World) -> None:
    reads = 0

    def unreadable(prefix: str, at_most: int) -> Sequence[str]:
        nonlocal reads
        if not prefix.startswith("minutes/"):
            return []
        reads += 1
        raise ControlUnavailable

    world.list = unreadable  # type: ignore[method-assign]
    world.watch(replace(CALL, deadline=STARTED_AT + 600), monthly_minutes=1)
    assert (world.clock.now, reads, len(world.minutes)) == (CALL.started_at + 600, 10, 10)


PLACE = "1970-01-12/000000"


def frees_its_place(world: World) -> bool:
    return f"calling/ana/{PLACE}-over" in world.objects


def test_a_call_that_is_over_frees_its_place_and_one_that_goes_on_does_not(world: World) -> None:
    world.watch(place=PLACE)
    assert not frees_its_place(world)  # handed over
    assert [task.place for task in world.queued] == [PLACE]
    world.watch(part=1, place=PLACE)
    assert frees_its_place(world)


def test_a_call_that_openai_lets_nobody_look_at_keeps_its_place(world: World) -> None:
    world.attachable = [False] * 1000
    world.watch(replace(CALL, setup=CallMode.CLIENT_SECRET), place=PLACE)
    assert (world.hung_up, frees_its_place(world)) == (0, False)


def test_a_call_that_ends_by_itself_is_not_ended(world: World) -> None:
    world.events = [paid_response(1, 10), None]
    world.attachable = [True, *[False] * 20]
    world.watch()
    assert world.hung_up == 0
    assert world.clock.now < STARTED_AT + 10
    assert len(world.minutes) == 1


def test_a_connection_that_breaks_is_made_again(world: World) -> None:
    world.events = [None, paid_response(1, 10)]
    world.attachable = [False, False, True, False, True]
    world.watch()
    assert "response.done/resp_1" in world.written
    assert len([event for event in world.sent if event["type"] == "session.update"]) == 2


def test_nobody_to_watch_is_waited_for_and_then_ended(world: World) -> None:
    world.attachable = [False] * 1000
    world.watch()
    assert 28 <= world.clock.now - STARTED_AT <= 30
    assert (world.hung_up, world.written) == (1, ["voicemint.call_not_watched"])


@pytest.mark.parametrize(
    "state",
    [
        ControlState(stopped=True),
        ControlState(revoked=frozenset({"ana"})),
        ControlState(epoch=5),
        ControlState(signed_out=frozenset({"ana"})),
    ],
    ids=["stopped", "a person is signed out", "everybody is signed out", "the person has signed out"],
)
def test_a_stop_and_a_lost_device_end_the_call_within_seconds(world: World, state: ControlState) -> None:
    def stop_after_a_minute() -> None:
        if world.clock.now >= STARTED_AT + 60:
            world.state = state

    world.meanwhile = stop_after_a_minute
    world.watch()
    assert world.hung_up == 1
    assert world.clock.now <= STARTED_AT + 60 + 10


@pytest.mark.parametrize(
    "state",
    [None, ControlState(revoked=frozenset({"ben"})), ControlState(epoch=4)],
    ids=["unknown", "another is signed out", "signed in since everybody was signed out"],
)
def test_what_does_not_concern_it_ends_no_call(world: World, state: ControlState | None) -> None:
    world.state = state
    world.watch()
    assert world.hung_up == 0


def test_the_call_of_somebody_without_an_epoch_goes_on_when_everybody_is_signed_out(world: World) -> None:
    world.state = ControlState(epoch=5)
    world.watch(replace(CALL, epoch=None))
    assert world.hung_up == 0


def test_money_is_counted_to_the_cent_and_each_response_once(world: World) -> None:
    world.events = [paid_response(1, 78), paid_response(1, 78), paid_response(2, 78), paid_response(3, 1)]
    world.watch()
    assert world.hung_up == 1
    assert world.micro_usd == 2 * 4992 + 64


@pytest.mark.parametrize(("told", "micro_usd"), [("gpt-realtime-2.1", 4992), ("gpt-realtime-9", 1560)])
def test_money_is_counted_at_the_price_of_the_model_that_openai_tells(world: World, told: str, micro_usd: int) -> None:
    world.agent = replace(AGENT, model="gpt-realtime-2.1-mini", setup=CallMode.CLIENT_SECRET)
    world.events = [{"type": "session.updated", "session": {"model": told}}, paid_response(1, 78)]
    world.watch(replace(CALL, setup=CallMode.CLIENT_SECRET))
    assert world.micro_usd == micro_usd


def test_a_watch_that_is_taken_up_again_knows_what_was_spent(world: World) -> None:
    world.events = [paid_response(1, 156), None]
    world.attachable = [True, *[False] * 20]
    world.watch()
    assert world.hung_up == 0
    world.attachable, world.events = [], [paid_response(1, 156), paid_response(2, 1)]
    world.watch()
    assert world.hung_up == 1
    assert world.micro_usd == 9984 + 64


def test_who_registered_the_call_first_changes_nothing_about_its_watch(world: World) -> None:
    world.taken = True
    world.events = [paid_response(1, 200)]
    world.watch()
    assert world.hung_up == 1


def test_the_end_of_the_call_is_scheduled_before_anything_is_heard(world: World) -> None:
    scheduled: list[int] = []
    world.meanwhile = lambda: scheduled.append(len(world.ends))
    world.watch(place="2026-11-21/000000")
    assert scheduled[0] == 1
    assert set(world.ends) == {(CALL, "2026-11-21/000000")}


def test_while_the_queue_is_down_the_call_is_watched_and_its_end_is_tried_again(world: World) -> None:
    world.is_queue_down = True
    world.meanwhile = lambda: setattr(world, "is_queue_down", world.clock.now < STARTED_AT + 30)
    world.events = [paid_response(1, 10)]
    world.watch()
    assert "response.done/resp_1" in world.written
    assert len(world.ends) == 1


def test_no_watch_is_done_before_the_end_of_its_call_is_scheduled(world: World) -> None:
    """Else a call that the server opened could be without a task."""
    world.is_queue_down = True
    world.events = [None]
    world.attachable = [True, *[False] * 50]  # as if the call were over
    with pytest.raises(ControlUnavailable):
        world.watch()
    assert world.ends == []


def test_what_could_not_be_stored_has_the_task_sent_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Any:
        def raise_() -> None:
            raise StorageUnavailable

        return world.threads.submit(raise_)

    monkeypatch.setattr(world, "write", fail)
    with pytest.raises(StorageUnavailable):
        world.watch()


def tool_calls(*names: str) -> Json:
    """A response in which the model calls these tools."""
    output = [{"type": "function_call", "name": name, "call_id": f"of_{name}", "arguments": "{}"} for name in names]
    return {"type": "response.done", "response": {"id": "resp_1", "output": output}}


def refused(event_id: str | None) -> Json:
    error = {"code": "conversation_already_has_active_response", "event_id": event_id}
    return {"type": "error", "event_id": "event_1", "error": error}


def answered(world: World) -> list[str]:
    created = [event["item"] for event in world.sent if event["type"] == "conversation.item.create"]
    return [item["call_id"] for item in created if item["type"] == "function_call_output"]


@pytest.mark.parametrize(
    ("events", "asked"),
    [
        ([tool_calls("current_time")], 1),
        ([tool_calls("current_time", "end_call")], 0),
        ([tool_calls("current_time"), refused("voicemint-go-on"), paid_response(2, 1), paid_response(3, 1)], 2),
        ([tool_calls("current_time"), refused("the page's own"), paid_response(2, 1)], 1),
        ([tool_calls("current_time"), refused(None), paid_response(2, 1)], 2),
        ([tool_calls("current_time"), paid_response(2, 1), refused(None), paid_response(3, 1)], 1),
        ([tool_calls("current_time"), refused("voicemint-go-on")], 2),
    ],
    ids=[
        "alone",
        "beside a tool of the page's: the page asks",
        "the page was first",
        "the page was refused",
        "the page was first, and the refusal names nothing",
        "a refusal that is nobody's",
        "the page was first, and the word that it was answered is lost",
    ],
)
def test_a_tool_of_ours_is_answered_and_the_model_goes_on(world: World, events: list[Json], asked: int) -> None:
    world.agent = replace(AGENT, server_tools=("current_time",), page_tools=("end_call",))
    world.events = [*events]
    world.watch()
    assert answered(world) == ["of_current_time"]
    assert len([event for event in world.sent if event["type"] == "response.create"]) == asked


def test_a_tool_that_another_watch_has_answered_is_left_alone(world: World) -> None:
    world.agent = replace(AGENT, server_tools=("current_time",))
    name, _ = claim_of(CALL.call_id, "of_current_time")
    world.objects[name] = b"another's"
    world.events = [tool_calls("current_time")]
    world.watch()
    assert answered(world) == []
    assert [event for event in world.sent if event["type"] == "response.create"] == []


def rewritten(instructions: str) -> Json:
    return {"type": "session.updated", "session": {"instructions": instructions}}


def test_a_bucket_that_hangs_delays_neither_a_correction_nor_the_deadline(world: World) -> None:
    world.agent = replace(AGENT, server_tools=("current_time",))
    world.threads = ThreadPoolExecutor(2)
    world.clock.now += 1680
    began_at = world.clock.now

    def hang_after_a_second() -> None:
        if world.clock.now > began_at:
            world.answering.clear()

    world.meanwhile = hang_after_a_second
    world.events = [paid_response(1, 1), tool_calls("current_time"), rewritten("Be rude.")]
    world.watch(part=1)
    assert (world.hung_up, world.clock.now) == (1, CALL.deadline)
    assert [event["type"] for event in world.sent] == ["session.update", "session.update"]


def test_on_the_telephone_a_bucket_that_hangs_delays_no_correction_and_then_the_caller_is_greeted(world: World) -> None:
    world.agent = replace(AGENT, phone=parse_phone("assistant.toml", tomllib.loads(PHONE)["phone"]))
    world.threads = ThreadPoolExecutor(1)
    world.clock.now += 1680
    world.answering.clear()

    def give_up_after_five_seconds() -> None:
        if not world.is_down and world.clock.now >= STARTED_AT + 1685:
            world.is_down = True
            world.answering.set()
            world.threads.submit(int).result(LIMIT_SECONDS)  # behind all that hung

    world.meanwhile = give_up_after_five_seconds
    world.events = [rewritten("Be rude.")]
    with pytest.raises(ControlUnavailable):  # the minute that could not be counted: the task is sent again
        world.watch(replace(CALL, setup=CallMode.PHONE), part=1)
    greeting = ["conversation.item.create", "response.create"]
    assert [event["type"] for event in world.sent] == ["session.update", "session.update", *greeting]
    assert (world.hung_up, world.clock.now) == (1, CALL.deadline)


def test_a_watch_that_begins_while_the_bucket_is_down_learns_later_what_was_spent(world: World) -> None:
    world.objects[f"spent/{CALL.call_id}/response-1-10000"] = b"{}"
    world.is_down = True
    world.meanwhile = lambda: setattr(world, "is_down", world.clock.now < STARTED_AT + 30)
    world.events = [rewritten("Be rude.")]
    with pytest.raises(ControlUnavailable):  # the minute that could not be counted: the task is sent again
        world.watch()
    assert [event["type"] for event in world.sent] == ["session.update", "session.update"]
    assert world.hung_up == 1  # the budget
    assert world.clock.now <= STARTED_AT + 45


def test_a_tool_is_not_run_where_nobody_can_tell_whose_it_is_and_the_model_is_told(world: World) -> None:
    world.agent = replace(AGENT, server_tools=("current_time",))
    world.events = [tool_calls("current_time")]
    world.meanwhile = lambda: setattr(world, "is_down", world.clock.now < STARTED_AT + 30)
    world.watch()
    outputs = [event["item"]["output"] for event in world.sent if event["type"] == "conversation.item.create"]
    assert outputs == [UNCLAIMED]
    assert len([event for event in world.sent if event["type"] == "response.create"]) == 1


def test_a_bucket_that_does_not_keep_up_costs_events_and_no_memory(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun: list[Future[None]] = []

    def write(*_event: object) -> "Future[None]":
        """Confirmed when the events are over."""
        begun.append(Future())
        if not world.events:
            begun[-1].set_result(None)
        return begun[-1]

    def confirm() -> None:
        for writing in begun:
            if not world.events and not writing.done():
                writing.set_result(None)

    monkeypatch.setattr(world, "write", write)
    world.meanwhile = confirm
    events = 2 * MAX_UNFINISHED
    world.events = [{"type": "error", "event_id": f"event_{number}"} for number in range(events)]
    world.watch()
    assert len(begun) == MAX_UNFINISHED
    told = [getattr(record, "fields", {}).get("dropped") for record in caplog.records]
    assert events + 1 - MAX_UNFINISHED in told
