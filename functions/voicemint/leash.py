"""The leash: every call that the server knows ends at its deadline, whatever becomes of the page.

Two tasks hold a call: one ends it at its deadline, the other has it watched from now on. Where one of them cannot be
made, the call is ended at once. A call is bound to its person by an object that can be created once
(`calls/<call id>.json` in the control bucket): for a call that a page registers before anything else; for a call that
the server opened, whose id nobody else knows yet, when its watch begins, because until then somebody waits.
"""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from voicemint.calls import KnownCall
from voicemint.control_bucket import ControlBucket
from voicemint.errors import CallTaken, ControlUnavailable
from voicemint.settings import Settings
from voicemint.signing import SigningKeys
from voicemint.tasks import END, WATCH, Task, TaskQueue

CALLS_PREFIX = "calls/"
MAX_BEGINNING = 64


class Leash:
    """Binds calls and holds them. Safe to share between threads."""

    def __init__(self, bucket: ControlBucket, queue: TaskQueue) -> None:
        self._bucket = bucket
        self._queue = queue
        self._threads = ThreadPoolExecutor(MAX_BEGINNING, thread_name_prefix="leash")

    @classmethod
    def of(cls, settings: Settings, keys: Callable[[], SigningKeys]) -> "Leash":
        return cls(ControlBucket.of(settings), TaskQueue(settings, keys))

    def bind(self, call: KnownCall) -> KnownCall:
        """Make the call its person's; one that is theirs already is returned as it was then.

        Raises CallTaken or ControlUnavailable.
        """
        name = f"{CALLS_PREFIX}{call.call_id}.json"
        if self._bucket.create(name, json.dumps(call.as_json()).encode()):
            return call
        bound = _call_of(self._bucket.read(name))
        if bound.person_id != call.person_id:
            raise CallTaken
        return bound

    def hold(self, call: KnownCall) -> None:
        """Have a bound call ended at its deadline and watched until then; may be repeated. Raises LeashUnavailable."""
        watched = self._threads.submit(self.watch, call)
        self.end_in_time(call)
        watched.result()

    def end_in_time(self, call: KnownCall) -> None:
        """The half of `hold` that a call needs before it may begin. Raises LeashUnavailable."""
        self._queue.create(Task(END, call), call.deadline)

    def watch(self, call: KnownCall) -> None:
        """The other half, for a call that goes on; a watch of a call that does not is soon over."""
        self._queue.create(Task(WATCH, call))


def _call_of(content: bytes | None) -> KnownCall:
    try:
        return KnownCall.from_json(json.loads(content or b""))
    except ValueError:
        raise ControlUnavailable from None
