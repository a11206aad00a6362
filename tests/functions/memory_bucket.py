"""A control bucket in memory, for limits that are tried with clocks that stand still."""

from threading import Lock


class MemoryBucket:
    """Objects that are created once, listed in the order of their names. Safe to share between threads."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.creates = 0
        self._lock = Lock()

    def create(self, name: str, content: bytes) -> bool:
        with self._lock:
            self.creates += 1
            return self.objects.setdefault(name, content) == content

    def read(self, name: str, **_limits: float) -> bytes | None:
        return self.objects.get(name)

    def list(self, prefix: str, at_most: int = 1000, **_limits: float) -> list[str]:
        with self._lock:
            return sorted(name for name in self.objects if name.startswith(prefix))[:at_most]
