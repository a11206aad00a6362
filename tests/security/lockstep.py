"""Watches of several calls at the same time, on one clock that moves when all of them wait."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Condition
from typing import Any

from voicemint.agents.agent import Agent
from voicemint.calls.call import KnownCall
from voicemint.calls.tasks import WATCH, Task
from voicemint.control.stop_switch import ControlState
from voicemint.monitor.monitor import LOOK_SECONDS, Dependencies, Watch

from ..functions.at_once import AtOnce
from ..functions.memory_bucket import MemoryBucket

LIMIT_SECONDS = 30  # of real time, for a machine that is busy with something else


class Lockstep:
    """Everything around the watches; every connection is silent. `now` is in epoch seconds."""

    def __init__(self, bucket: MemoryBucket, now: float) -> None:
        self.now = now
        self.hung_up: list[str] = []
        self._bucket = bucket
        self._turn = Condition()
        self._turns = self._waiting = self._watches = 0

    def run(self, calls: Sequence[KnownCall], agent: Agent, monthly_minutes: int) -> None:
        """Watch the calls until each of them has ended."""
        self._watches = len(calls)
        with ThreadPoolExecutor(len(calls)) as threads:
            watches = [threads.submit(self._watch, call, agent, monthly_minutes) for call in calls]
            while self._watches:
                self._move()
            for watch in watches:
                watch.result()

    def _watch(self, call: KnownCall, agent: Agent, monthly_minutes: int) -> None:
        dependencies: Any = Dependencies(
            **dict.fromkeys(("openai", "queue", "deadline", "control", "records"), self),  # type: ignore[arg-type]
            bucket=self._bucket,  # type: ignore[arg-type]
            threads=AtOnce(),  # type: ignore[arg-type]
            watch_seconds=1680,
            now=lambda: self.now,
        )
        try:
            Watch(Task(WATCH, call, monthly_minutes=monthly_minutes), agent, dependencies, "request").run()
        finally:
            with self._turn:
                self._watches -= 1
                self._turn.notify_all()

    def _move(self) -> None:
        with self._turn:
            assert self._turn.wait_for(lambda: self._waiting == self._watches, LIMIT_SECONDS)
            self.now += LOOK_SECONDS
            self._waiting = 0
            self._turns += 1
            self._turn.notify_all()

    # what Dependencies holds
    def attach(self, _call_id: str) -> "Lockstep":
        return self

    def hang_up(self, call_id: str) -> None:
        self.hung_up.append(call_id)

    def glance(self, _threads: object) -> ControlState:
        return ControlState()

    def bind(self, call: KnownCall) -> KnownCall:
        return call

    def end_in_time(self, _call: KnownCall, _place: str) -> None:
        """There is a queue."""

    def write(self, *_what: object) -> None:
        """Payloads are off."""

    # a sideband
    def receive(self, _seconds: float) -> None:
        with self._turn:
            self._waiting += 1
            turns = self._turns
            self._turn.notify_all()
            assert self._turn.wait_for(lambda: self._turns > turns, LIMIT_SECONDS)

    def send(self, _event: object) -> None:
        pass

    def close(self) -> None:
        pass
