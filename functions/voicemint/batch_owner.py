"""Whose a batch is: it is stored under a call only where the call is the sender's, all else under a name of theirs.

A call is its person's by `calls/<call id>.json` in the control bucket (leash.py). Ids that begin with `page_` are a
page's own, for what belongs to no call that the server knows; they are bound to their person by their name.
"""

import threading

from voicemint.calls import check_call_id
from voicemint.control_bucket import ControlBucket
from voicemint.errors import CallUnknown
from voicemint.leash import bound_call

PAGE = "page_"
MAX_KEPT = 10_000


class BatchOwners:
    """Safe to share between threads; a call that is somebody's stays theirs, so each is read once."""

    def __init__(self, bucket: ControlBucket) -> None:
        self._bucket = bucket
        self._lock = threading.Lock()
        self._own: dict[tuple[str, str], None] = {}  # call and person; the oldest is forgotten first

    def folder_of(self, call_id: str, person_id: str) -> str:
        """The name under which a batch of this person's lies. Raises CallTaken, CallUnknown or ControlUnavailable."""
        if call_id.startswith(PAGE):
            return check_call_id(f"{call_id}_{person_id}")
        if (call_id, person_id) not in self._own:
            if bound_call(self._bucket, call_id, person_id) is None:
                raise CallUnknown
            self._remember(call_id, person_id)
        return call_id

    def _remember(self, call_id: str, person_id: str) -> None:
        with self._lock:
            self._own[call_id, person_id] = None
            if len(self._own) > MAX_KEPT:
                del self._own[next(iter(self._own))]
