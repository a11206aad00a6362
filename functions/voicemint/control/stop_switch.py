"""What was decided since the deployment: stopped or not, and whose session has ended.

One object, `control.json` in the control bucket: {"stopped": bool, "epoch": n, "revoked": [invite ids]}, written by
scripts/stop.sh and scripts/invite.sh; and the names under `signed-out/`, one of each person who signed out: sign_in
creates them. Both are read here at once, at most every REFRESH_SECONDS. It closes: where one of them is unreadable for
a minute, it counts as stopped. One caller reads; the others go on with the last state, and only who has none waits.
"""

import json
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace

from voicemint.cloud_logging import logger
from voicemint.errors import ControlUnavailable, Stopped
from voicemint.google.control_bucket import ControlBucket
from voicemint.google.rest import Turn

CONTROL_OBJECT = "control.json"
SIGNED_OUT_PREFIX = "signed-out/"
MAX_SIGNED_OUT = 2000  # at a time; whoever signs out beyond is told that it did not work
MAX_LISTED_SIGNED_OUT = 2 * MAX_SIGNED_OUT  # instances that do not know of each other's yet may pass it by a few
REFRESH_SECONDS = 10.0  # a stop is in force everywhere within 15 s
GLANCE_SECONDS = 5.0  # who only glances sees at the next glance what is read now
READ_SECONDS = 2.0  # a bucket that hangs delays the one who reads by this
MAX_AGE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ControlState:
    """`epoch` counts how often everybody was signed out; `revoked` are person ids, `signed_out` those who left."""

    stopped: bool = False
    epoch: int = 0
    revoked: frozenset[str] = frozenset()
    signed_out: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, content: bytes | None) -> "ControlState":
        """Raises ControlUnavailable for anything that is not a whole, well-formed state."""
        try:
            value = json.loads(content or b"")
            stopped, epoch, revoked = value["stopped"], value["epoch"], value["revoked"]
        except (ValueError, RecursionError, KeyError, TypeError):
            raise ControlUnavailable from None
        if type(stopped) is not bool or type(epoch) is not int or type(revoked) is not list:
            raise ControlUnavailable
        if not all(isinstance(person_id, str) for person_id in revoked):
            raise ControlUnavailable
        return cls(stopped, epoch, frozenset(revoked))

    def encode(self) -> bytes:
        """The content of control.json, which knows nothing of `signed_out`."""
        return json.dumps({"stopped": self.stopped, "epoch": self.epoch, "revoked": sorted(self.revoked)}).encode()


class Control:
    """The state, as fresh as it has to be. Safe to share between threads."""

    def __init__(self, bucket: ControlBucket, clock: Callable[[], float] = time.monotonic) -> None:
        self._bucket = bucket
        self._clock = clock
        self._turn = Turn(clock, ControlUnavailable)
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="control")
        self._is_being_read = False
        self._state: ControlState | None = None
        self._read_at = 0.0

    @property
    def known(self) -> ControlState | None:
        """What was last read, however long ago; costs nothing."""
        return self._state

    @property
    def is_fresh(self) -> bool:
        return self._is_younger(REFRESH_SECONDS)

    def _is_younger(self, seconds: float) -> bool:
        return self._state is not None and self._clock() - self._read_at < seconds

    def current(self) -> ControlState:
        """At most REFRESH_SECONDS old; older, up to MAX_AGE_SECONDS, while it is being read or cannot be.

        Raises ControlUnavailable.
        """
        if not self.is_fresh:
            self._refresh(REFRESH_SECONDS, wait_seconds=0 if self._usable else READ_SECONDS)
        state = self._usable
        if state is None:
            raise ControlUnavailable
        return state

    def glance(self, threads: Executor) -> ControlState | None:
        """At most MAX_AGE_SECONDS old, None where there is none. Never waits: one of `threads` reads it when due."""
        if not self._is_younger(GLANCE_SECONDS) and self._turn.is_open and not self._is_being_read:
            self._is_being_read = True
            threads.submit(self._read_for_others)
        return self._usable

    @property
    def _usable(self) -> ControlState | None:
        return self._state if self._clock() - self._read_at <= MAX_AGE_SECONDS else None

    def _read_for_others(self) -> None:
        try:
            self._refresh(GLANCE_SECONDS, wait_seconds=0)
        finally:
            self._is_being_read = False

    def _refresh(self, max_age_seconds: float, *, wait_seconds: float) -> None:
        with suppress(ControlUnavailable), self._turn.take(wait_seconds=wait_seconds):
            if not self._is_younger(max_age_seconds):  # else whose turn it was before has done it
                self._read()

    def _read(self) -> None:
        asked_at = self._clock()
        signed_out = self._threads.submit(self._list_signed_out)  # beside the other: a caller waits for one of them
        try:
            state = ControlState.parse(self._bucket.read(CONTROL_OBJECT, seconds=READ_SECONDS))
            self._state = replace(state, signed_out=signed_out.result())
            self._read_at = asked_at
        except ControlUnavailable:
            logger.error("the control state cannot be read; the last one holds for a minute")
            raise

    def _list_signed_out(self) -> frozenset[str]:
        names = self._bucket.list(SIGNED_OUT_PREFIX, at_most=MAX_LISTED_SIGNED_OUT, seconds=READ_SECONDS)
        return frozenset(name.removeprefix(SIGNED_OUT_PREFIX) for name in names)


def refuse_when_stopped(state: ControlState) -> None:
    if state.stopped:
        raise Stopped
