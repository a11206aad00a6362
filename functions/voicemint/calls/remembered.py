"""What was done a moment ago, so that it is not done again: bounded in time and number, on one instance."""

import threading
import time
from collections.abc import Callable

MAX_REMEMBERED = 10_000


class Remembered:
    """Names, each for `seconds`. Safe to share between threads."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._since: dict[str, float] = {}  # the oldest is forgotten first

    def remember(self, name: str) -> None:
        with self._lock:
            self._since.pop(name, None)
            self._since[name] = self._clock()
            if len(self._since) > MAX_REMEMBERED:
                del self._since[next(iter(self._since))]

    def is_remembered(self, name: str) -> bool:
        since = self._since.get(name)
        return since is not None and self._clock() - since < self._seconds
