"""How many calls a person has at the same time: exact, without a database.

Each call takes the next place of its person's day (`calling/<person>/<day>/<place>`, created once). Places are created
in order, so the call that takes place N has read all earlier ones. A place is free again when `<place>-over` exists,
which the code that ends the call creates, or when its deadline has passed.
"""

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

from voicemint.bounded_dict import BoundedDict
from voicemint.errors import TooManyCalls
from voicemint.google.control_bucket import ControlBucket

PREFIX, OVER = "calling/", "-over"
MAX_A_DAY = 2_000  # objects of a person that are looked at; who begins more calls a day has no place
MAX_KEPT = 10_000
MAX_TAKING = 32
RETRY_SECONDS = 10


class Places:
    """Safe to share between threads. `at_once` is the limit of each person."""

    def __init__(self, bucket: ControlBucket, at_once: int, now: Callable[[], float] = time.time) -> None:
        self._bucket = bucket
        self._at_once = at_once
        self._now = now
        self._threads = ThreadPoolExecutor(MAX_TAKING, thread_name_prefix="places")
        self._deadlines = BoundedDict[str, int](MAX_KEPT)  # by object; written once, so what was read stays true

    def begin_to_take(self, person_id: str, deadline: int) -> "Future[str]":
        """`take`, while the caller does something else."""
        return self._threads.submit(self.take, person_id, deadline)

    def take(self, person_id: str, deadline: int) -> str:
        """Take a place until `deadline` (epoch seconds). Returns its name; "" if there is no limit.

        Raises TooManyCalls or ControlUnavailable.
        """
        if not self._at_once:
            return ""
        content = json.dumps({"deadline": deadline, "by": os.urandom(8).hex()}).encode()
        while True:
            now = int(self._now())
            today = datetime.fromtimestamp(now, UTC).date()
            taken = self._taken(person_id, today)
            yesterday = today - timedelta(days=1)
            earlier = self._taken(person_id, yesterday) if _is_first_hour(now) else {}
            going_on = [name for name, is_over in (earlier | taken).items() if not is_over]
            if sum(self._deadline(name) > now for name in going_on) >= self._at_once:
                raise TooManyCalls(retry_after_seconds=RETRY_SECONDS)
            place = f"{today}/{len(taken):06d}"
            if self._bucket.create(f"{PREFIX}{person_id}/{place}", content):
                return place

    def _taken(self, person_id: str, day: date) -> dict[str, bool]:
        """The objects of a day's places, and whether each one's call is over."""
        names = self._bucket.list(f"{PREFIX}{person_id}/{day}/", at_most=MAX_A_DAY)
        if len(names) >= MAX_A_DAY:
            raise TooManyCalls(retry_after_seconds=RETRY_SECONDS)
        over = {name.removesuffix(OVER) for name in names if name.endswith(OVER)}
        return {name: name in over for name in names if not name.endswith(OVER)}

    def _deadline(self, name: str) -> int:
        deadline = self._deadlines.get(name)
        if deadline is None:
            deadline = int(json.loads(self._bucket.read(name) or b'{"deadline": 0}')["deadline"])
            self._deadlines[name] = deadline
        return deadline


def free(bucket: ControlBucket, person_id: str, place: str) -> None:
    """The call of this place is over; "" is no place. May be repeated. Raises ControlUnavailable."""
    if place:
        bucket.create(f"{PREFIX}{person_id}/{place}{OVER}", b"{}")


def _is_first_hour(now: int) -> bool:
    """No call is longer than an hour."""
    return datetime.fromtimestamp(now, UTC).hour == 0
