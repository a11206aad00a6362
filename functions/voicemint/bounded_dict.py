"""A dict that stays small on an instance that lives long."""

import threading
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedDict(dict[K, V]):
    """At most `at_most` entries: the one that was set longest ago is forgotten first. Threads may set at once."""

    def __init__(self, at_most: int) -> None:
        super().__init__()
        self._at_most = at_most
        self._lock = threading.Lock()

    def __setitem__(self, key: K, value: V) -> None:
        with self._lock:
            self.pop(key, None)
            super().__setitem__(key, value)
            if len(self) > self._at_most:
                del self[next(iter(self))]
