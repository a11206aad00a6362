"""A service may answer before it has a request's whole body, and close: too large, or nobody is signed in.

Who then goes on writing gets an error, and asyncio closes the connection before it has read the answer that is there.
So before each piece of a body goes out, we look whether the service has said something; and where a piece is on its way
already, its error is left to whoever reads: first comes the answer, if there is one, and then the end.
"""

import asyncio
import select
import socket
from contextvars import ContextVar
from typing import Any

_SOCKETS: ContextVar[list[socket.socket] | None] = ContextVar("sockets of this request", default=None)


class ReadingDecides(socket.socket):
    """What goes to a service that has closed goes nowhere, and is no error."""

    def send(self, data: Any, *flags: Any) -> int:
        try:
            return super().send(data, *flags)
        except (BrokenPipeError, ConnectionResetError):
            return len(data)

    def sendmsg(self, buffers: Any, *more: Any) -> int:
        buffers = list(buffers)
        try:
            return super().sendmsg(buffers, *more)
        except (BrokenPipeError, ConnectionResetError):
            return sum(map(len, buffers))


def sockets_of_this_request(address: tuple[Any, ...]) -> socket.socket:
    """A connector's `socket_factory`: makes a socket, and remembers for whom."""
    family, kind, protocol, _, _ = address
    made = ReadingDecides(family=family, type=kind, proto=protocol)
    made.setblocking(False)
    if (sockets := _SOCKETS.get()) is not None:
        sockets.append(made)
    return made


class EarlyAnswer:
    """Looks for one, for the request that this task is about to make."""

    def __init__(self) -> None:
        self.is_here = False
        self._sockets: list[socket.socket] = []
        _SOCKETS.set(self._sockets)

    async def give_way(self) -> None:
        """Go on where the service waits for more. Else never: the request ends with its answer, or with its error."""
        if self.is_here or any(map(_has_news, self._sockets)):
            await asyncio.Event().wait()


def _has_news(connected: socket.socket) -> bool:
    if connected.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(connected, select.POLLIN)
    return bool(poll.poll(0))
