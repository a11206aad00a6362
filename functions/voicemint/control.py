"""What the owner has decided since the deployment: stopped or not, and who was signed out.

One object, `control.json` in the control bucket: {"stopped": bool, "epoch": n, "revoked": [invite ids]}. Written by
scripts/stop.sh and scripts/invite.sh, read here at most every REFRESH_SECONDS. It closes: unreadable for a minute, it
counts as stopped.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from voicemint.cloud_logging import logger
from voicemint.control_bucket import ControlBucket
from voicemint.errors import ControlUnavailable, Stopped

CONTROL_OBJECT = "control.json"
REFRESH_SECONDS = 10.0  # a stop is in force everywhere within 15 s
RETRY_SECONDS = 2.0  # while the bucket does not answer, the callers do not queue up for its timeouts
MAX_AGE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ControlState:
    """`epoch` counts how often everybody was signed out; `revoked` are person ids."""

    stopped: bool = False
    epoch: int = 0
    revoked: frozenset[str] = frozenset()

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
        return json.dumps({"stopped": self.stopped, "epoch": self.epoch, "revoked": sorted(self.revoked)}).encode()


class Control:
    """The state, as fresh as it has to be. Safe to share between threads."""

    def __init__(self, bucket: ControlBucket, clock: Callable[[], float] = time.monotonic) -> None:
        self._bucket = bucket
        self._clock = clock
        self._lock = threading.Lock()
        self._state: ControlState | None = None
        self._read_at = 0.0
        self._next_try_at = float("-inf")

    @property
    def known(self) -> ControlState | None:
        """What was last read, however long ago; costs nothing."""
        return self._state

    @property
    def is_fresh(self) -> bool:
        return self._state is not None and self._clock() - self._read_at < REFRESH_SECONDS

    def current(self) -> ControlState:
        """At most REFRESH_SECONDS old; older, up to MAX_AGE_SECONDS, while the bucket does not answer.

        Raises ControlUnavailable.
        """
        with self._lock:
            if not self.is_fresh and self._clock() >= self._next_try_at:
                self._refresh()
            if self._state is None or self._clock() - self._read_at > MAX_AGE_SECONDS:
                raise ControlUnavailable
            return self._state

    def _refresh(self) -> None:
        asked_at = self._clock()
        try:
            self._state = ControlState.parse(self._bucket.read(CONTROL_OBJECT))
            self._read_at = asked_at
        except ControlUnavailable:
            self._next_try_at = self._clock() + RETRY_SECONDS
            logger.error("the control state cannot be read; the last one holds for a minute")


def refuse_when_stopped(state: ControlState) -> None:
    if state.stopped:
        raise Stopped
