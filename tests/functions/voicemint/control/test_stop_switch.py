from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest
from voicemint.control.stop_switch import (
    MAX_AGE_SECONDS,
    MAX_LISTED_SIGNED_OUT,
    READ_SECONDS,
    REFRESH_SECONDS,
    Control,
    ControlState,
    refuse_when_stopped,
)
from voicemint.errors import ControlUnavailable, Stopped
from voicemint.google.rest import FAILURE_SECONDS

from ...conftest import Clock

LIMIT_SECONDS = 10
STATE = ControlState(stopped=False, epoch=2, revoked=frozenset({"a1", "b2"}))


class Bucket:
    """Stands where the control bucket is read, and counts. It hangs while `answering` is cleared."""

    def __init__(self, content: bytes | None) -> None:
        self.content = content
        self.signed_out: list[str] = []
        self.is_down = False
        self.cannot_list = False
        self.reads = 0
        self.lists = 0
        self.is_listed = Event()
        self.is_asked = Event()
        self.answering = Event()
        self.answering.set()

    def read(self, object_name: str, **_limits: float) -> bytes | None:
        assert object_name == "control.json"
        self.reads += 1
        self.is_asked.set()
        assert self.answering.wait(LIMIT_SECONDS)
        if self.is_down:
            raise ControlUnavailable
        return self.content

    def list(self, prefix: str, at_most: int, *, seconds: float) -> list[str]:
        assert (prefix, at_most, seconds) == ("signed-out/", MAX_LISTED_SIGNED_OUT, READ_SECONDS)
        self.lists += 1
        self.is_listed.set()
        if self.cannot_list:
            raise ControlUnavailable
        return [f"{prefix}{person_id}" for person_id in self.signed_out]


@pytest.fixture
def bucket() -> Bucket:
    return Bucket(STATE.encode())


@pytest.fixture
def control(bucket: Bucket, clock: Clock) -> Control:
    return Control(bucket, clock)  # type: ignore[arg-type]


def test_a_state_is_read_as_it_was_written() -> None:
    assert ControlState.parse(STATE.encode()) == STATE


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"{}",
        b"[]",
        b"null",
        b"true",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"stopped":false,"epoch":0}',
        b'{"stopped":"false","epoch":0,"revoked":[]}',
        b'{"stopped":0,"epoch":0,"revoked":[]}',
        b'{"stopped":null,"epoch":0,"revoked":[]}',
        b'{"stopped":false,"epoch":true,"revoked":[]}',
        b'{"stopped":false,"epoch":1.0,"revoked":[]}',
        b'{"stopped":false,"epoch":NaN,"revoked":[]}',
        b'{"stopped":false,"epoch":0,"revoked":null}',
        b'{"stopped":false,"epoch":0,"revoked":"a1"}',
        b'{"stopped":false,"epoch":0,"revoked":{"a1":1}}',
        b'{"stopped":false,"epoch":0,"revoked":[1]}',
        b'{"stopped":false,"epoch":0,"revoked":[["a1"]]}',
    ],
    ids=lambda content: repr(content)[:60],
)
def test_a_state_that_is_not_whole_counts_as_none(content: bytes | None) -> None:
    with pytest.raises(ControlUnavailable):
        ControlState.parse(content)


def test_nothing_is_read_before_it_is_needed(control: Control, bucket: Bucket) -> None:
    assert (control.known, control.is_fresh, bucket.reads, bucket.lists) == (None, False, 0, 0)


def test_the_bucket_is_asked_every_ten_seconds_at_most(control: Control, bucket: Bucket, clock: Clock) -> None:
    assert {control.current() for _ in range(100)} == {STATE}
    clock.now += REFRESH_SECONDS - 0.1
    control.current()
    assert (bucket.reads, bucket.lists) == (1, 1)
    clock.now += 0.1
    control.current()
    assert (bucket.reads, bucket.lists) == (2, 2)


def test_a_stop_is_seen_within_ten_seconds(control: Control, bucket: Bucket, clock: Clock) -> None:
    control.current()
    bucket.content = ControlState(stopped=True).encode()
    clock.now += REFRESH_SECONDS
    assert not control.is_fresh
    assert control.current().stopped
    assert control.known == control.current()


def test_the_last_state_holds_for_a_minute_and_then_it_closes(control: Control, bucket: Bucket, clock: Clock) -> None:
    control.current()
    bucket.is_down = True
    clock.now += MAX_AGE_SECONDS
    assert control.current() == STATE
    clock.now += 0.1
    with pytest.raises(ControlUnavailable):
        control.current()
    bucket.is_down = False
    clock.now += FAILURE_SECONDS
    assert control.current() == STATE


def test_who_signed_out_is_known_within_ten_seconds_and_forgotten_with_the_record(
    control: Control, bucket: Bucket, clock: Clock
) -> None:
    assert control.current().signed_out == frozenset()
    bucket.signed_out = ["ana", "ben"]
    clock.now += REFRESH_SECONDS
    assert control.current() == replace(STATE, signed_out=frozenset({"ana", "ben"}))
    bucket.signed_out = ["ben"]
    clock.now += REFRESH_SECONDS
    assert control.current().signed_out == {"ben"}


def test_where_it_cannot_be_listed_who_signed_out_it_closes_as_where_the_state_cannot_be_read(
    control: Control, bucket: Bucket, clock: Clock
) -> None:
    bucket.cannot_list = True
    with pytest.raises(ControlUnavailable):
        control.current()
    bucket.cannot_list = False
    bucket.signed_out = ["ana"]
    clock.now += FAILURE_SECONDS
    last = control.current()
    assert last.signed_out == {"ana"}
    bucket.cannot_list = True
    clock.now += MAX_AGE_SECONDS
    assert control.current() == last
    clock.now += 0.1
    with pytest.raises(ControlUnavailable):
        control.current()


def test_the_state_and_who_signed_out_are_asked_for_at_the_same_time(control: Control, bucket: Bucket) -> None:
    hang(bucket)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(control.current)
        assert bucket.is_listed.wait(LIMIT_SECONDS)
        assert bucket.is_asked.wait(LIMIT_SECONDS)
        assert not waiting.done()
        bucket.answering.set()
    assert waiting.result() == STATE


def test_who_signed_out_is_not_written_into_the_state() -> None:
    assert replace(STATE, signed_out=frozenset({"ana"})).encode() == STATE.encode()


def test_it_is_closed_where_the_state_was_never_read(control: Control, bucket: Bucket) -> None:
    bucket.content = None
    with pytest.raises(ControlUnavailable):
        control.current()


def test_a_malformed_state_does_not_replace_the_last_good_one(control: Control, bucket: Bucket, clock: Clock) -> None:
    control.current()
    bucket.content = b'{"stopped":"no"}'
    clock.now += REFRESH_SECONDS
    assert control.current() == STATE
    clock.now += MAX_AGE_SECONDS
    with pytest.raises(ControlUnavailable):
        control.current()


def test_callers_do_not_queue_up_behind_a_bucket_that_does_not_answer(
    control: Control, bucket: Bucket, clock: Clock
) -> None:
    control.current()
    bucket.is_down = True
    clock.now += REFRESH_SECONDS
    assert {control.current() for _ in range(50)} == {STATE}
    assert bucket.reads == 2
    clock.now += FAILURE_SECONDS
    control.current()
    assert bucket.reads == 3


def hang(bucket: Bucket) -> None:
    bucket.answering.clear()
    bucket.is_asked.clear()


def test_while_one_caller_waits_for_the_bucket_the_others_go_on_with_the_last_state(
    control: Control, bucket: Bucket, clock: Clock
) -> None:
    control.current()
    clock.now += REFRESH_SECONDS
    hang(bucket)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(control.current)
        assert bucket.is_asked.wait(LIMIT_SECONDS)
        assert [control.current() for _ in range(50)] == [STATE] * 50
        assert (waiting.done(), bucket.reads) == (False, 2)
        bucket.answering.set()
    assert waiting.result() == STATE


def test_who_has_no_state_waits_for_the_one_who_asks(control: Control, bucket: Bucket) -> None:
    hang(bucket)
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(control.current) for _ in range(2)]
        assert bucket.is_asked.wait(LIMIT_SECONDS)
        bucket.answering.set()
    assert ([each.result() for each in waiting], bucket.reads) == ([STATE, STATE], 1)


def test_a_glance_never_waits_and_has_the_state_read(control: Control, bucket: Bucket, clock: Clock) -> None:
    hang(bucket)
    with ThreadPoolExecutor(1) as threads:
        assert [control.glance(threads) for _ in range(50)] == [None] * 50
        bucket.answering.set()
    assert (control.known, bucket.reads) == (STATE, 1)
    clock.now += MAX_AGE_SECONDS
    bucket.is_down = True
    with ThreadPoolExecutor(1) as threads:
        assert [control.glance(threads) for _ in range(50)] == [STATE] * 50
    clock.now += 0.1
    with ThreadPoolExecutor(1) as threads:
        assert control.glance(threads) is None


def test_only_a_stop_is_refused() -> None:
    refuse_when_stopped(STATE)
    with pytest.raises(Stopped):
        refuse_when_stopped(ControlState(stopped=True))
