"""The way to the local Google: an HTTP proxy on loopback that knows Google's hosts and refuses all others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from standins.faults import reset
from standins.google.control_plane.serving.certificates import Certificates
from standins.google.control_plane.serving.environment import environment
from standins.guard import GUARD, Guard, put_before
from standins.serving import LOOPBACK

HEAD_BYTES = 16 * 1024
CHUNK_BYTES = 64 * 1024
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Proxy:
    """A running proxy. `environment` is all that a client needs to be told."""

    port: int
    tls_port: int
    ca_file: Path
    environment: dict[str, str]

    @classmethod
    @asynccontextmanager
    async def running(
        cls, app: web.Application, knows: Callable[[str], bool], foreign: list[str], folder: Path, account: str
    ) -> AsyncIterator["Proxy"]:
        """Lead the hosts that `knows` says to `app`; what else is asked is refused and added to `foreign`."""
        folder.mkdir(parents=True, exist_ok=True)
        certificates = Certificates(folder)
        app[GUARD] = Guard(also_named=knows, hands_on=True)
        put_before(app, None)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, LOOPBACK, 0, ssl_context=certificates.context).start()
            tls_port = runner.addresses[0][1]
            tunnels = _Tunnels(knows, foreign, tls_port)
            server = await asyncio.start_server(tunnels.serve, LOOPBACK, 0, limit=HEAD_BYTES)
            port = server.sockets[0].getsockname()[1]
            try:
                ca_file = certificates.ca_file
                yield cls(port, tls_port, ca_file, environment(folder, ca_file, port, account))
            finally:
                server.close()
                await tunnels.close()
        finally:
            await runner.cleanup()


class _Tunnels:
    """What CONNECT opens: bytes go to and fro between the client and the server that ends TLS."""

    def __init__(self, knows: Callable[[str], bool], foreign: list[str], tls_port: int) -> None:
        self._knows, self._foreign = knows, foreign
        self._tls_port = tls_port
        self._open: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # start_server runs this in a task
        self._open.add(task)
        try:
            await self._tunnel(reader, writer)
        except asyncio.CancelledError:
            reset(writer.transport)  # the end of it all; asyncio would tell of a task that ends as cancelled
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            reset(writer.transport)
        finally:
            self._open.discard(task)
            writer.close()

    async def close(self) -> None:
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, *_ = head.split(" ")
        host, _, port = target.rpartition(":")
        if method != "CONNECT" or port != "443" or not self._knows(host):
            self._foreign.append(f"{method} {target}")
            writer.write(REFUSED)
            await writer.drain()
            return
        inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, self._tls_port)
        writer.write(ESTABLISHED)
        there = asyncio.create_task(_pump(reader, inner_writer))
        try:
            await _pump(inner_reader, writer)
        finally:
            inner_writer.close()
            there.cancel()
            await asyncio.gather(there, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the end; a connection that is reset on one side is reset on the other."""
    try:
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        reset(writer.transport)
