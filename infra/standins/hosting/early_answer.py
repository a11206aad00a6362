"""Keep a response that a service sends before it has the whole body: too large, or not signed in.

If we kept writing, we would get an error, and asyncio would close the connection before it has read the response. So we
look for a response before we send each piece of a body. If a piece is already on its way, the reader gets its error
after the response, if there is one.
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
        """Return if the service waits for more; otherwise never return: the response or the error ends the request."""
        if self.is_here or any(map(_has_news, self._sockets)):
            await asyncio.Event().wait()


def _has_news(connected: socket.socket) -> bool:
    if connected.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(connected, select.POLLIN)
    return bool(poll.poll(0))
