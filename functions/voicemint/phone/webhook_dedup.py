"""Each delivery is acted on once, and none is lost: objects in the control bucket, none of them ever changed.

phone/deliveries/<webhook id>/attempt-<n>   somebody acts (created once: exactly one may)
phone/deliveries/<webhook id>/failed-<n>    they could not; the next delivery may try again
phone/deliveries/<webhook id>/outcome       done, and what came of it; every further delivery is a repeat

OpenAI delivers until it gets a 2xx, so whoever finds an attempt that is still young answers 409 and is asked again.
An attempt that left neither `failed` nor `outcome` behind crashed; after ATTEMPT_SECONDS, when nobody can be acting any
more, the next delivery tries again. What is done twice then has to be harmless: see answer_phone.py.
"""

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress

from voicemint.bounded_dict import BoundedDict
from voicemint.cloud_logging import logger
from voicemint.errors import ControlUnavailable, InProgress
from voicemint.google.control_bucket import ControlBucket

ATTEMPT_SECONDS = 60  # longer than a function may take
MAX_ATTEMPTS = 5
MAX_REMEMBERED = 1000
PREFIX = "phone/deliveries/"
REPEATED, GIVEN_UP = "repeated", "given_up"


class WebhookDedup:
    """Safe to share between threads."""

    def __init__(self, bucket: ControlBucket, clock: Callable[[], float] = time.time) -> None:
        self._bucket = bucket
        self._clock = clock
        self._done = BoundedDict[str, None](MAX_REMEMBERED)  # the last ids that are known to be done

    def act(self, webhook_id: str, action: Callable[[], str]) -> str:
        """`action`'s outcome where it falls to us to act, else REPEATED or GIVEN_UP.

        Raises InProgress, ControlUnavailable, or what `action` raises.
        """
        if webhook_id in self._done:
            return REPEATED
        folder = f"{PREFIX}{webhook_id}/"
        number = 1
        if not self._begin(folder, number):
            names = {name.removeprefix(folder) for name in self._bucket.list(folder)}
            if "outcome" in names:
                return self._remember(webhook_id, REPEATED)
            number = self._next_attempt(folder, names)
            if number > MAX_ATTEMPTS:
                logger.error("a webhook was tried too often and is given up")
                return self._remember(webhook_id, GIVEN_UP)
            if not self._begin(folder, number):
                raise InProgress(retry_after_seconds=ATTEMPT_SECONDS)
        outcome = self._attempt(folder, number, action)
        return self._remember(webhook_id, outcome)

    def has_begun(self, webhook_id: str) -> bool:
        """Whether somebody acts on it, or has. Writes nothing. Raises ControlUnavailable."""
        if webhook_id in self._done:
            return True
        return self._bucket.read(_attempt_name(f"{PREFIX}{webhook_id}/", 1)) is not None

    def _begin(self, folder: str, number: int) -> bool:
        content = {"at": self._clock(), "by": os.urandom(8).hex()}
        return self._bucket.create(_attempt_name(folder, number), json.dumps(content).encode())

    def _next_attempt(self, folder: str, names: set[str]) -> int:
        """The number that may be tried now. Raises InProgress while the latest may still be acting."""
        latest = sum(name.startswith("attempt-") for name in names)
        if f"failed-{latest}" not in names:
            began_at = json.loads(self._bucket.read(_attempt_name(folder, latest)) or b'{"at": 0}')["at"]
            if self._clock() - began_at < ATTEMPT_SECONDS:
                raise InProgress(retry_after_seconds=ATTEMPT_SECONDS)
        return latest + 1

    def _attempt(self, folder: str, number: int, action: Callable[[], str]) -> str:
        try:
            outcome = action()
        except Exception:
            with suppress(ControlUnavailable):
                self._bucket.create(f"{folder}failed-{number}", b"{}")
            raise
        self._bucket.create(f"{folder}outcome", json.dumps({"outcome": outcome}).encode())
        return outcome

    def _remember(self, webhook_id: str, outcome: str) -> str:
        self._done[webhook_id] = None
        return outcome


def _attempt_name(folder: str, number: int) -> str:
    return f"{folder}attempt-{number}"
