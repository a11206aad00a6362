"""The network between the browser and everything else, which a test may cut: media by a relay, requests by a route."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import cast

from playwright.sync_api import BrowserContext, Route

LOOPBACK = "127.0.0.1"
CANDIDATE = re.compile(r"^(a=candidate:\S+ \d \S+ \d+ )127\.0\.0\.1 (\d+)(.*)$", re.MULTILINE)
Address = tuple[str, int]


@dataclass
class Network:
    """`cut()` drops every packet and fails every request of the contexts it stands before; `mend()` ends that."""

    loop: asyncio.AbstractEventLoop
    is_cut: bool = False
    _transports: list[asyncio.DatagramTransport] = field(default_factory=list)

    def stand_before(self, context: BrowserContext) -> None:
        context.route("**/realtime/calls", self._relay_media)
        self._context = context

    def cut(self) -> None:
        self.is_cut = True
        self._context.set_offline(True)

    def mend(self) -> None:
        self.is_cut = False
        self._context.set_offline(False)

    async def close(self) -> None:
        for transport in self._transports:
            transport.close()

    def _relay_media(self, route: Route) -> None:
        """The answer names a relay in the place of each of the other side's addresses."""
        if self.is_cut:
            route.abort("internetdisconnected")
            return
        answer = route.fetch()
        sdp = CANDIDATE.sub(lambda found: f"{found[1]}{LOOPBACK} {self._relay(int(found[2]))}{found[3]}", answer.text())
        route.fulfill(response=answer, body=sdp)

    def _relay(self, port: int) -> int:
        return asyncio.run_coroutine_threadsafe(self._open_relay(port), self.loop).result()

    async def _open_relay(self, port: int) -> int:
        inside = _Side(self)
        outside = _Side(self)
        inside.other, outside.other = outside, inside
        near, _ = await self.loop.create_datagram_endpoint(lambda: inside, local_addr=(LOOPBACK, 0))
        far, _ = await self.loop.create_datagram_endpoint(lambda: outside, remote_addr=(LOOPBACK, port))
        self._transports += [near, far]
        return int(near.get_extra_info("sockname")[1])


class _Side(asyncio.DatagramProtocol):
    """One socket of a relay: what comes in here goes out of the other."""

    other: "_Side"

    def __init__(self, network: Network) -> None:
        self._network = network
        self._peer: Address | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: Address) -> None:
        if self._transport.get_extra_info("peername") is None:
            self._peer = address
        if not self._network.is_cut:
            self.other.send(data)

    def send(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(data, self._peer)

    def error_received(self, error: Exception) -> None:
        """The other side has closed its socket: what is on its way is lost, as on any network."""


async def network() -> Network:
    return Network(asyncio.get_running_loop())
