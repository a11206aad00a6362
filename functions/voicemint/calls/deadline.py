"""Call deadlines: every call that the server knows ends at its deadline, whatever becomes of the page.

Two tasks hold a call: END hangs it up at its deadline, and WATCH has it watched from now on. If a task cannot be made,
the call is ended at once. A call is bound to its person by an object that can be created once
(`calls/<call id>.json` in the control bucket): a call that a page registers before anything else; a call that the
server opened, whose id nobody else knows yet, while its task is made.

The page waits for the answer to a call that the server opens, so that call has only WATCH by then: its watch makes END
(monitor/monitor.py). No moment is without a task that ends the call, because Cloud Tasks repeats WATCH until it
succeeds. A WATCH that is delivered after the deadline hangs the call up; an earlier one succeeds only if END is there.
So a crash at any point leaves WATCH, END or both in the queue. Before WATCH is made there is no answer, and without the
answer the page cannot connect.
A call that a page opened is up already when it is registered, and nobody waits: it gets both tasks at once.
"""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from voicemint.calls.call import KnownCall
from voicemint.calls.tasks import END, WATCH, Task, TaskQueue
from voicemint.errors import CallTaken, ControlUnavailable
from voicemint.google.control_bucket import ControlBucket
from voicemint.secrets.signing import SigningKeys
from voicemint.settings import Settings

CALLS_PREFIX = "calls/"
MAX_BEGINNING = 64


class CallDeadline:
    """Binds calls and holds them. Safe to share between threads.

    Whoever watches a call is told `monthly_minutes`, its person's limit.
    """

    def __init__(self, bucket: ControlBucket, queue: TaskQueue, monthly_minutes: int | None = None) -> None:
        self._bucket = bucket
        self._queue = queue
        self._monthly_minutes = monthly_minutes
        self._threads = ThreadPoolExecutor(MAX_BEGINNING, thread_name_prefix="call-deadline")

    @classmethod
    def of(cls, settings: Settings, keys: Callable[[], SigningKeys]) -> "CallDeadline":
        return cls(ControlBucket.of(settings), TaskQueue(settings, keys), settings.monthly_minutes)

    def bind(self, call: KnownCall) -> KnownCall:
        """Make the call its person's; one that is theirs already is returned as it was then.

        Raises CallTaken or ControlUnavailable.
        """
        if self._bucket.create(_name(call.call_id), json.dumps(call.as_json()).encode()):
            return call
        bound = self.bound(call.call_id, call.person_id)
        if bound is None:  # it was there a moment ago
            raise ControlUnavailable
        return bound

    def bound(self, call_id: str, person_id: str) -> KnownCall | None:
        """The call as this person's; None where it is nobody's. Raises CallTaken or ControlUnavailable."""
        return bound_call(self._bucket, call_id, person_id)

    def hold(self, call: KnownCall, place: str = "") -> None:
        """Have a bound call watched until its deadline and ended then; may be repeated. Raises DeadlineUnavailable."""
        watched = self._threads.submit(self.watch, call, place)
        self.end_in_time(call, place)
        watched.result()

    def get_ready(self) -> None:
        """Begin to connect to Cloud Tasks, so that a call that is about to be opened need not wait for it."""
        self._threads.submit(self._queue.get_ready)

    def hold_own(self, call: KnownCall, place: str) -> None:
        """Bind a call that the server opened, and have it watched: its watch makes END. Raises DeadlineUnavailable."""
        bound = self._threads.submit(self.bind, call)
        self.watch(call, place)
        with suppress(ControlUnavailable):  # then its watch binds it
            bound.result()

    def end_in_time(self, call: KnownCall, place: str = "") -> None:
        """Make END, the half of `hold` that a phone call needs before it may begin; may be repeated.

        Raises DeadlineUnavailable.
        """
        self._queue.create(Task(END, call, place=place), call.deadline)

    def watch(self, call: KnownCall, place: str = "") -> None:
        """Make WATCH, the other half; the watch of a call that is over ends soon. Raises DeadlineUnavailable."""
        self._queue.create(Task(WATCH, call, place=place, monthly_minutes=self._monthly_minutes))


def bound_call(bucket: ControlBucket, call_id: str, person_id: str) -> KnownCall | None:
    """Raises CallTaken where the call is somebody else's, or ControlUnavailable."""
    content = bucket.read(_name(call_id))
    if content is None:
        return None
    try:
        bound = KnownCall.from_json(json.loads(content))
    except ValueError:
        raise ControlUnavailable from None
    if bound.person_id != person_id:
        raise CallTaken
    return bound


def _name(call_id: str) -> str:
    return f"{CALLS_PREFIX}{call_id}.json"
