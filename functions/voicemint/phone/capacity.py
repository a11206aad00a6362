"""How many phone calls an agent answers at once, and how many minutes a day: exact, without a database.

Each call takes the next place of its day (`phone/lines/<agent>/<day>/<place>`, created once), so who takes a place has
seen all before it. A place reserves the call's longest time; when the call has ended (`phone/ended/<call id>`, written
by watch_call), only the minutes it took still count.
"""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil

from voicemint.agents.phone_table import PhonePolicy
from voicemint.bounded_dict import BoundedDict
from voicemint.errors import LineBusy
from voicemint.google.control_bucket import ControlBucket

SHORTEST_SECONDS = 30  # less than that is no conversation
MAX_READING = 16
MAX_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """One call's place of a day. Epoch seconds; `ends_at` is the call's deadline, or when it ended."""

    call_id: str
    started_at: int
    ends_at: int

    @property
    def minutes(self) -> int:
        return max(1, ceil((self.ends_at - self.started_at) / 60))


def release(bucket: ControlBucket, call_id: str, now: Callable[[], float] = time.time) -> None:
    """The call has ended: its place is free. May be repeated; the first one counts. Raises ControlUnavailable."""
    bucket.create(_ended_name(call_id), json.dumps({"at": int(now())}).encode())


class PhoneLine:
    """One agent's line. Safe to share between threads."""

    def __init__(
        self, bucket: ControlBucket, agent: str, policy: PhonePolicy, now: Callable[[], float] = time.time
    ) -> None:
        self._bucket = bucket
        self._agent = agent
        self._policy = policy
        self._now = now
        self._threads = ThreadPoolExecutor(MAX_READING, thread_name_prefix="line")
        self._taken = BoundedDict[str, Place](MAX_KEPT)  # by object; written once, so what was read stays true
        self._ended = BoundedDict[str, int](MAX_KEPT)  # by call

    def take(self, call_id: str, longest_seconds: int) -> Place:
        """A place for the call, for as long as the day's minutes allow; the one it has, where it has one.

        Raises LineBusy or ControlUnavailable.
        """
        while True:
            now = int(self._now())
            today = datetime.fromtimestamp(now, UTC).date()
            places = self._places(today)
            for place in places:
                if place.call_id == call_id:
                    return place
            place = Place(call_id, now, now + min(longest_seconds, self._room(places, today, now)))
            content = {"call_id": call_id, "started_at": place.started_at, "ends_at": place.ends_at}
            if self._bucket.create(f"{self._folder(today)}{len(places):06d}", json.dumps(content).encode()):
                return place

    def _room(self, places: list[Place], today: date, now: int) -> int:
        """How many seconds a call may take that comes now."""
        yesterday = self._places(today - timedelta(days=1)) if _is_first_hour(now) else []
        if sum(place.ends_at > now for place in [*yesterday, *places]) >= self._policy.max_calls:
            raise LineBusy
        seconds = (self._policy.max_minutes_per_day - sum(place.minutes for place in places)) * 60
        if seconds < SHORTEST_SECONDS:
            raise LineBusy
        return seconds

    def _places(self, day: date) -> list[Place]:
        names = self._bucket.list(self._folder(day), at_most=self._policy.max_minutes_per_day + 1)
        return list(self._threads.map(self._place, names))

    def _place(self, name: str) -> Place:
        """As it was taken, cut short where the call has ended."""
        taken = self._taken.get(name)
        if taken is None:
            taken = Place(**json.loads(self._bucket.read(name) or b""))
            self._taken[name] = taken
        ended_at = self._ended.get(taken.call_id)
        if ended_at is None and (content := self._bucket.read(_ended_name(taken.call_id))) is not None:
            ended_at = int(json.loads(content)["at"])
            self._ended[taken.call_id] = ended_at
        return taken if ended_at is None else Place(taken.call_id, taken.started_at, min(taken.ends_at, ended_at))

    def _folder(self, day: date) -> str:
        return f"phone/lines/{self._agent}/{day}/"


def _ended_name(call_id: str) -> str:
    return f"phone/ended/{call_id}"


def _is_first_hour(now: int) -> bool:
    return datetime.fromtimestamp(now, UTC).hour == 0
