"""What a watch has begun to write and nobody has confirmed yet: bounded, however slow the bucket and long the call."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

from voicemint.errors import StorageUnavailable

MAX_UNFINISHED = 500

Writing = Future[Any]


class UnfinishedWrites:
    """Of one call. For one thread; `dropped` counts what found no room."""

    def __init__(self) -> None:
        self._unfinished: set[Writing] = set()
        self._failure: BaseException | None = None
        self.dropped = 0

    def begin(self, write: Callable[[], Writing | None]) -> None:
        """Let `write` begin where there is room; what is only worth knowing is dropped where there is none."""
        if len(self._unfinished) >= MAX_UNFINISHED:
            self.dropped += 1
        else:
            self.add(write())

    def add(self, writing: Writing | None) -> None:
        """One that has begun already, or nothing."""
        if writing is not None:
            self._unfinished.add(writing)
            writing.add_done_callback(self._end)  # at once, where it is done already

    def finish(self, seconds: float) -> None:
        """Wait until all are confirmed. Raises what the first one that failed raised, or StorageUnavailable."""
        ended, unfinished = wait(set(self._unfinished), timeout=seconds)
        if unfinished:
            raise StorageUnavailable
        for failure in (self._failure, *(writing.exception() for writing in ended)):
            if failure is not None:
                raise failure

    def _end(self, writing: Writing) -> None:
        """Called by the thread that wrote. The failure first: what is not among the unfinished has told it."""
        self._failure = self._failure or writing.exception()
        self._unfinished.discard(writing)
