"""The owner's side of control.json: read, and changed so that two commands at once cannot undo each other.

What it holds and who reads it: functions/voicemint/control/stop_switch.py.
"""

from collections.abc import Callable

from common.console import CommandFailed
from google.api_core.exceptions import NotFound, PreconditionFailed
from google.cloud import storage  # type: ignore[attr-defined]  # a namespace package without stubs
from google.cloud.storage.retry import DEFAULT_RETRY
from voicemint.control.stop_switch import CONTROL_OBJECT, ControlState
from voicemint.errors import ControlUnavailable

IN_FORCE = "in force everywhere within 15 s"
TRIES = 8
TIMEOUT_SECONDS = 5
RETRY = DEFAULT_RETRY.with_timeout(20)


def read_control(bucket: storage.Bucket) -> ControlState | None:
    """The state, None where there is none yet. Raises CommandFailed where it is damaged."""
    return _read(bucket)[0]


def change_control(bucket: storage.Bucket, edit: Callable[[ControlState], ControlState]) -> ControlState:
    """Apply `edit` to the state, creating it where there is none; returns the new one."""
    for _ in range(TRIES):
        state, generation = _read(bucket)
        changed = edit(state or ControlState())
        if changed == state:
            return changed
        try:
            bucket.blob(CONTROL_OBJECT).upload_from_string(
                changed.encode(),
                content_type="application/json",
                if_generation_match=generation,
                timeout=TIMEOUT_SECONDS,
                retry=RETRY,
            )
        except PreconditionFailed:
            continue  # changed meanwhile, or written by a try whose answer was lost: reading again tells
        return changed
    raise CommandFailed(
        happened=f"{CONTROL_OBJECT} could not be changed: somebody else changed it each time, {TRIES} times",
        todo="See who else is changing it, and run this again.",
    )


def _read(bucket: storage.Bucket) -> tuple[ControlState | None, int]:
    """The state and its generation; 0 is the generation of an object that is not there."""
    blob = bucket.blob(CONTROL_OBJECT)
    try:
        content = blob.download_as_bytes(timeout=TIMEOUT_SECONDS, retry=RETRY)
    except NotFound:
        return None, 0
    try:
        return ControlState.parse(content), int(blob.generation)
    except ControlUnavailable:
        raise CommandFailed(
            happened=f'{CONTROL_OBJECT} is not {{"stopped", "epoch", "revoked"}}, so the functions treat it as stopped',
            todo=f"Restore {CONTROL_OBJECT} in {bucket.name}; deleting it would let in who was revoked.",
        ) from None
