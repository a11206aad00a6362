"""Whose a batch is. It is stored under a call only if the call belongs to the sender.

`calls/<call id>.json` in the control bucket says whose a call is (calls/deadline.py). A batch of an unknown call (an id
that begins with `page_`, or a call that ended before it was registered) is stored under `page_…` with the person's id
at the end. So nothing is lost, and no call gets another person's lines.
"""

from voicemint.bounded_dict import BoundedDict
from voicemint.calls.call import check_call_id
from voicemint.calls.deadline import bound_call
from voicemint.google.control_bucket import ControlBucket

PAGE = "page_"
MAX_KEPT = 10_000


class BatchOwners:
    """Safe to share between threads. A call never changes its person, so each is read once."""

    def __init__(self, bucket: ControlBucket) -> None:
        self._bucket = bucket
        self._own = BoundedDict[tuple[str, str], None](MAX_KEPT)  # call and person

    def folder_of(self, call_id: str, person_id: str) -> str:
        """The folder for a batch of this person. Raises CallTaken, InvalidRequest or ControlUnavailable."""
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
