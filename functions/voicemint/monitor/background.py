"""What a watch has others do, because it may take a while: its own thread only takes the step that follows.

A watch that waited for the bucket would see no event meanwhile: no rewritten prompt, no deadline.
"""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

FIRST_SECONDS, MOST_SECONDS = 0.01, 0.25

T = TypeVar("T")


class BackgroundWork:
    """For one thread; what it asks for is done by `threads`."""

    def __init__(self, threads: Executor) -> None:
        self._threads = threads
        self._running: list[tuple[Future[Any], Callable[[Any], None]]] = []
        self._patience = FIRST_SECONDS

    def send(self, action: Callable[[], T], then: Callable[[T], None]) -> None:
        """Have `action` done; `then` takes what it returned, in `settle`."""
        self._running.append((self._threads.submit(action), then))
        self._patience = FIRST_SECONDS

    def settle(self) -> None:
        """Take the steps that follow what is done by now. Raises what that raised."""
        done = [each for each in self._running if each[0].done()]
        self._running = [each for each in self._running if each not in done]
        self._patience = min(self._patience * 2, MOST_SECONDS)
        for future, then in done:
            then(future.result())

    @property
    def look_again_in(self) -> float:
        """After how many seconds to settle: soon at first, because most of it takes milliseconds."""
        return self._patience if self._running else float("inf")
