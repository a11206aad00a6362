"""Whose a batch is: it is stored under a call only where the call is the sender's, all else under a name of theirs.

A call is its person's by `calls/<call id>.json` in the control bucket (calls/deadline.py). What belongs to no call
that the server knows (ids that begin with `page_`, and a call that ended before it was registered) lies under `page_…`
with the person's id behind it: nothing is lost, and nobody's call gets lines of another's.
"""

from voicemint.bounded_dict import BoundedDict
from voicemint.calls.call import check_call_id
from voicemint.calls.deadline import bound_call
from voicemint.google.control_bucket import ControlBucket

PAGE = "page_"
MAX_KEPT = 10_000


class BatchOwners:
    """Safe to share between threads; a call that is somebody's stays theirs, so each is read once."""

    def __init__(self, bucket: ControlBucket) -> None:
        self._bucket = bucket
        self._own = BoundedDict[tuple[str, str], None](MAX_KEPT)  # call and person

    def folder_of(self, call_id: str, person_id: str) -> str:
        """Where a batch of this person lies. Raises CallTaken, InvalidRequest or ControlUnavailable."""
        if not call_id.startswith(PAGE) and self._is_own(call_id, person_id):
            return call_id
        return check_call_id(f"{PAGE}{call_id.removeprefix(PAGE)}_{person_id}")

    def _is_own(self, call_id: str, person_id: str) -> bool:
        """False for a call that nobody has registered (yet)."""
        if (call_id, person_id) not in self._own:
            if bound_call(self._bucket, call_id, person_id) is None:
                return False
            self._own[call_id, person_id] = None
        return True
