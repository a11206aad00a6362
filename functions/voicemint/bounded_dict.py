"""A dict that stays small on an instance that lives long."""

import threading
from collections import OrderedDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedDict(OrderedDict[K, V]):
    """At most `at_most` entries: the one that was set longest ago is forgotten first.

    Threads may set and get at once: an entry that is set again is there all the time.
    """

    def __init__(self, at_most: int) -> None:
        super().__init__()
        self._at_most = at_most
        self._lock = threading.Lock()

    def __setitem__(self, key: K, value: V) -> None:
        with self._lock:
            super().__setitem__(key, value)
            self.move_to_end(key)
            if len(self) > self._at_most:
                del self[next(iter(self))]
