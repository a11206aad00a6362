"""What was done a moment ago, so that it is not done again: bounded in time and number, on one instance."""

import time
from collections.abc import Callable

from voicemint.bounded_dict import BoundedDict

MAX_REMEMBERED = 10_000


class Remembered:
    """Names, each for `seconds`. Safe to share between threads."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._since = BoundedDict[str, float](MAX_REMEMBERED)

    def remember(self, name: str) -> None:
        self._since[name] = self._clock()

    def is_remembered(self, name: str) -> bool:
        since = self._since.get(name)
        return since is not None and self._clock() - since < self._seconds
