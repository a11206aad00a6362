"""Waiting for Google: a bounded number of tries, with a back-off that is seen.

VOICEMINT_BACKOFF_SECONDS   before the second try (default 2); each wait is twice the one before, 30 s at most
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from owner.console import CommandFailed, say

from .failures import Failure, Kind, look_up
from .gcloud import GcloudFailed

Answer = TypeVar("Answer")
TRIES = 8
LONGEST_WAIT_SECONDS = 30.0


@dataclass(frozen=True)
class Backoff:
    """2, 4, 8, 16, 30, 30, 30: two minutes in all, which is what Google says that a change of permissions may take."""

    first_seconds: float = 2.0
    tries: int = TRIES
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def from_environ(cls) -> "Backoff":
        text = os.environ.get("VOICEMINT_BACKOFF_SECONDS", "2")
        try:
            return cls(min(max(float(text), 0.0), LONGEST_WAIT_SECONDS))
        except ValueError:
            raise CommandFailed(
                expected="VOICEMINT_BACKOFF_SECONDS to be a number of seconds", found=repr(text), todo="Correct it."
            ) from None

    def at_most(self, tries: int) -> "Backoff":
        return replace(self, tries=min(tries, self.tries))

    def waits(self) -> Iterator[float]:
        for number in range(self.tries - 1):
            yield min(self.first_seconds * 2**number, LONGEST_WAIT_SECONDS)


class Refused(CommandFailed):
    """A command that failed for good; `failure` says what it means."""

    def __init__(self, error: GcloudFailed, failure: Failure) -> None:
        self.failure = failure
        self.text = error.text.strip()
        self.line = error.line
        super().__init__(expected=f"`{error.line}` to succeed", found=failure.cause, todo=f"{failure.fix}.")


def patiently(
    ask: Callable[[], Answer],
    project_id: str,
    backoff: Backoff,
    *,
    done: frozenset[Kind] = frozenset(),
    again: frozenset[Kind] = frozenset({"wait"}),
    settled: Callable[[], bool] = lambda: False,
) -> Answer | Failure:
    """What `ask` returns, after as many tries as what goes away by itself deserves.

    A failure of a kind in `done` is returned: what was asked for is so already. One of a kind in `again` is worth
    another try. `settled` is asked before it: an answer may be lost whose change was made; then that failure is
    returned too. Raises Refused.
    """
    for number, wait in enumerate([*backoff.waits(), None], start=1):
        try:
            return ask()
        except GcloudFailed as error:
            failure = look_up(error.text, project_id)
            if failure.kind in done or ("gone" in done and failure.id == "not-there-yet"):
                return failure
            if failure.kind not in again or wait is None:
                raise Refused(error, failure) from None
            say(f"      {failure.cause}: try {number + 1} of {backoff.tries} in {wait:.0f} s")
            backoff.sleep(wait)
            if settled():
                return failure
    raise AssertionError("the last try either returns or raises")
