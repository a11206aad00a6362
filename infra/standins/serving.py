"""Serve an aiohttp application on loopback: inside an event loop, or from a thread for callers that have none."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from aiohttp import web

from standins import guard

T = TypeVar("T")
LOOPBACK = "127.0.0.1"
ENTER_SECONDS = 110  # a whole local run is seven processes, and the machine may be busy
BODIES_AS_SENT = web.AppKey(
    "bodies_as_sent", bool
)  # an application that hands bodies on: nothing is decoded on the way


def bound(port: int = 0) -> socket.socket:
    """A port of this machine that nobody else has, to be served later. Raises OSError."""
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one whose last program has just ended is free
        listener.bind((LOOPBACK, port))
    except OSError:
        listener.close()
        raise
    return listener


@asynccontextmanager
async def serving(
    app: web.Application, port: int = 0, listener: socket.socket | None = None, *, token: str | None = None
) -> AsyncIterator[str]:
    """Serve `app`, behind its guard, until the block ends; yields its base URL.

    Port 0 takes a free one; or give a `listener`. `token`: a local run's, which its guard then demands.
    """
    guard.put_before(app, token)
    is_decoded = not app.get(BODIES_AS_SENT, False)
    runner = web.AppRunner(
        app, access_log=None, handler_cancellation=True, shutdown_timeout=1, auto_decompress=is_decoded
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listener or bound(port)).start()
        bound_port = runner.addresses[0][1]
        yield f"http://{LOOPBACK}:{bound_port}"
    finally:
        await runner.cleanup()


class ServerThread:
    """An event loop in a thread, for synchronous callers; everything it entered ends with `stop`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._contexts = AsyncExitStack()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stand-ins", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T], timeout_seconds: float = 30) -> T:
        """Run a coroutine on the loop and wait for its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout_seconds)

    def serve(self, app: web.Application, port: int = 0) -> str:
        """Serve `app` until `stop`; returns its base URL."""
        return self.enter(serving(app, port))

    def enter(self, context: AbstractAsyncContextManager[T]) -> T:
        """Enter `context` on the loop; it is left at `stop`."""
        return self.run(self._contexts.enter_async_context(context), ENTER_SECONDS)

    def stop(self) -> None:
        self.run(self._contexts.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()
