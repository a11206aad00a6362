"""Let a server on loopback answer for a host, WebSockets too."""

import asyncio
from collections.abc import Collection, Mapping

from aiohttp import ClientError, ClientSession, ClientTimeout, ClientWebSocketResponse, WSMsgType, web

HOP_BY_HOP = frozenset({"connection", "content-encoding", "content-length", "transfer-encoding", "upgrade"})
# What a browser says of where a request comes from, to a server that is named as it was asked.
ADDRESS = frozenset({"host", "origin", "sec-fetch-site"})
SECONDS = 60
MAX_MESSAGE_BYTES = 16 * 1024 * 1024


async def forward(
    request: web.Request, base_url: str, raw_path: str | None = None, *, vouched: bool = False
) -> web.StreamResponse:
    """Ask the server at `base_url` what was asked here, host name included.

    `vouched`: as a program of this machine asks. That server answers for a name which only who trusts our certificates
    reaches here.
    """
    url = f"{base_url}{request.raw_path if raw_path is None else raw_path}"
    timeout = ClientTimeout(total=SECONDS)
    async with ClientSession(auto_decompress=False, timeout=timeout) as session:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await _forward_socket(request, session, url, vouched)
        try:
            return await _forward_request(request, session, url, vouched)
        except (ClientError, TimeoutError) as error:
            return web.Response(status=502, text=f"Nothing answers for {request.host}: {type(error).__name__}\n")


async def _forward_request(request: web.Request, session: ClientSession, url: str, vouched: bool) -> web.Response:
    dropped = HOP_BY_HOP | (ADDRESS if vouched else frozenset())
    headers = {"X-Forwarded-Host": request.host} | _without(dropped, request.headers)
    async with session.request(
        request.method, url, headers=headers, data=await request.read(), allow_redirects=False
    ) as answer:
        return web.Response(status=answer.status, body=await answer.read(), headers=_all(answer.headers))


async def _forward_socket(request: web.Request, session: ClientSession, url: str, vouched: bool) -> web.StreamResponse:
    offered = [name.strip() for name in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if name.strip()]
    passed_on = ("Authorization",) if vouched else ("Authorization", "Origin")
    headers = {name: value for name, value in request.headers.items() if name in passed_on}
    async with session.ws_connect(url, protocols=offered, headers=headers, max_msg_size=MAX_MESSAGE_BYTES) as there:
        here = web.WebSocketResponse(
            protocols=[there.protocol] if there.protocol else (), max_msg_size=MAX_MESSAGE_BYTES
        )
        await here.prepare(request)
        copies = [asyncio.create_task(_copy(here, there)), asyncio.create_task(_copy(there, here))]
        await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
        for copy in copies:
            copy.cancel()
        await here.close(code=there.close_code or 1000)
        return here


Socket = web.WebSocketResponse | ClientWebSocketResponse


async def _copy(source: Socket, sink: Socket) -> None:
    async for message in source:
        if message.type == WSMsgType.TEXT:
            await sink.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await sink.send_bytes(message.data)


def _without(dropped: Collection[str], headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in dropped}


def _all(headers: Mapping[str, str]) -> "list[tuple[str, str]]":
    """An answer's headers, those that stand there twice too. Its encoding stays: the body was not decoded."""
    dropped = HOP_BY_HOP - {"content-encoding"}
    return [(name, value) for name, value in headers.items() if name.lower() not in dropped]
