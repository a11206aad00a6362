"""Waiting for Google: a bounded number of tries, with a back-off that is seen.

VOICEMINT_BACKOFF_SECONDS   before the second try (default 2); each wait is twice the one before, 30 s at most
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from common.console import CommandFailed, say
from common.failures import FRESH, Failure, Kind, look_up
from common.gcloud import GcloudFailed

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
                happened=f"VOICEMINT_BACKOFF_SECONDS is {text!r}, which is not a number of seconds", todo="Correct it."
            ) from None

    def at_most(self, tries: int) -> "Backoff":
        return replace(self, tries=min(tries, self.tries))

    def waits(self) -> Iterator[float]:
        for number in range(self.tries - 1):
            yield min(self.first_seconds * 2**number, LONGEST_WAIT_SECONDS)


class FreshRoles:
    """A role that was given a moment ago is in force everywhere after some minutes.

    What it is needed for is tried again, within one limit for the whole run: what is refused after that is so for good.
    """

    def __init__(self, backoff: Backoff, tries: int = 5) -> None:
        """10, 20, 30, 30, 30: as long as a backoff, but a deployment is not begun as often."""
        waits = (min(5 * backoff.first_seconds * number, LONGEST_WAIT_SECONDS) for number in (1, 2, 4, 8, 16))
        self._left = list(waits)[:tries]

    @property
    def times_left(self) -> int:
        return len(self._left)

    def next_wait(self, failure: Failure) -> float | None:
        """None for a failure that is none of these, or when it was waited long enough."""
        try:
            return self._left.pop(0) if failure.id in FRESH else None
        except IndexError:
            return None


class Refused(CommandFailed):
    """A command that failed for good; `failure` says what it means."""

    def __init__(self, error: GcloudFailed, failure: Failure) -> None:
        self.failure = failure
        self.text = error.text.strip()
        self.line = error.line
        super().__init__(happened=f"`{error.line}` failed: {failure.cause}", todo=f"{failure.fix}.")


def patiently(
    ask: Callable[[], Answer],
    project_id: str,
    backoff: Backoff,
    *,
    done: frozenset[Kind] = frozenset(),
    again: frozenset[Kind] = frozenset({"wait"}),
    settled: Callable[[], bool] = lambda: False,
    fresh: FreshRoles | None = None,
) -> Answer | Failure:
    """Call `ask`, and retry failures that go away by themselves. Returns what it returns.

    A failure of a kind in `done` is returned: the change was made before. A failure of a kind in `again` is retried.
    `settled` is asked before a retry: if a response was lost after the change was made, that failure is returned too.
    `fresh` allows some more retries while new roles take effect. Raises Refused.
    """
    waits = list(backoff.waits())
    while True:
        try:
            return ask()
        except GcloudFailed as error:
            failure = look_up(error.text, project_id)
            if failure.kind in done or ("gone" in done and failure.id == "not-there-yet"):
                return failure
            if fresh and (wait := fresh.next_wait(failure)) is not None:
                left = f"again in {wait:.0f} s, {fresh.times_left} times more at most"
                say(f"      {failure.cause}, or the role is a moment old: {left}")
            elif failure.kind in again and waits:
                wait = waits.pop(0)
                say(f"      {failure.cause}: try {backoff.tries - len(waits)} of {backoff.tries} in {wait:.0f} s")
            else:
                raise Refused(error, failure) from None
            backoff.sleep(wait)
            if settled():
                return failure
