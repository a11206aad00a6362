"""How long a body may take to arrive. A client that sends half of one and waits holds a thread, and threads are few.

Each body has a deadline for the whole of it, however slowly it drips; and where so many are awaited at once that the
threads would run out, the one that was awaited longest gives way. A socket's own timeout is of no use here: it begins
anew with each byte. So the receiving side of a connection that is late is shut down: whoever reads finds its end, and
can still answer.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from voicemint.settings import requests_at_once

SECONDS = 5.0
SLOWEST_BYTES_PER_SECOND = 16 * 1024  # what a larger body may take beyond that: a batch of logs over a slow network
UNREAD_SECONDS = 1.0  # for what is left of a body when the answer is known already
LOOK_SECONDS = 0.5


class AwaitedBody:
    """`is_over` where it did not arrive in time."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock = sock
        self.until = until
        self.is_over = False

    def end(self) -> None:
        self.is_over = True
        with suppress(OSError):  # the other side was faster
            self._sock.shutdown(socket.SHUT_RD)


class AwaitedBodies:
    """All of a process, `at_once` of them at most. Safe to share between threads."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._lock = threading.Lock()
        self._awaited: dict[AwaitedBody, None] = {}  # in the order in which they came
        self._thread: threading.Thread | None = None

    @contextmanager
    def body(self, sock: socket.socket, seconds: float) -> Iterator[AwaitedBody]:
        """A block that reads a body, or what is left of one, from a connection."""
        awaited = AwaitedBody(sock, time.monotonic() + seconds)
        with self._lock:
            self._awaited[awaited] = None
            if len(self._awaited) > self._at_once:
                self._end(next(iter(self._awaited)))
            if self._thread is None:  # not before: a process that has forked has none of the threads from before
                self._thread = threading.Thread(target=self._end_late_ones, name="bodies", daemon=True)
                self._thread.start()
        try:
            yield awaited
        finally:
            with self._lock:
                self._awaited.pop(awaited, None)

    def _end_late_ones(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            now = time.monotonic()
            with self._lock:
                for awaited in [each for each in self._awaited if each.until <= now]:
                    self._end(awaited)

    def _end(self, awaited: AwaitedBody) -> None:
        awaited.end()
        del self._awaited[awaited]


def seconds_for(max_bytes: int) -> float:
    """How long a body may take of which there are so many bytes at most."""
    return SECONDS + max_bytes / SLOWEST_BYTES_PER_SECOND


BODIES = AwaitedBodies(at_once=max(requests_at_once() * 3 // 4, 1))
