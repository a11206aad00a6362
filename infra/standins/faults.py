"""What the faults of all stand-ins have in common.

A test arms a fault, and the fault strikes the requests (or events) that it means: first armed, first served, each as
often as its `times` says. The names that more than one stand-in knows:

    reset               the connection is reset, nothing happened
    reset_after_commit  it happened, and the connection is reset before the response
    slow                it happens, after some seconds
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Counted(Protocol):
    @property
    def times(self) -> int | None: ...


RESET, RESET_AFTER_COMMIT, SLOW = "reset", "reset_after_commit", "slow"
LINGER_ZERO = struct.pack("ii", 1, 0)
F = TypeVar("F", bound=Counted)


@dataclass
class _Armed(Generic[F]):
    fault: F
    left: int | None


class ArmedFaults(Generic[F]):
    def __init__(self) -> None:
        self._armed: list[_Armed[F]] = []

    def arm(self, fault: F) -> None:
        """`fault.times` is how often it strikes; None: until `clear`."""
        self._armed.append(_Armed(fault, fault.times))

    def clear(self) -> None:
        self._armed.clear()

    def still_armed(self) -> list[tuple[F, int | None]]:
        """Each with how often it will still strike; None: until `clear`."""
        return [(armed.fault, armed.left) for armed in self._armed]

    def take(self, matches: Callable[[F], bool]) -> F | None:
        """The first armed fault that matches; it has struck once more."""
        armed = next((armed for armed in self._armed if matches(armed.fault)), None)
        if armed is None:
            return None
        if armed.left is not None:
            armed.left -= 1
            if armed.left <= 0:
                self._armed.remove(armed)
        return armed.fault


def reset(transport: asyncio.BaseTransport | None) -> None:
    """End a connection with a TCP RST, as a crashed front end does: without lingering, a socket drops what it holds."""
    if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing():
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        transport.abort()
