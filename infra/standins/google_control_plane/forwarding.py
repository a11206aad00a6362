"""Let a server on loopback answer for a host, WebSockets too."""

import asyncio
from collections.abc import Mapping

from aiohttp import ClientError, ClientSession, ClientTimeout, ClientWebSocketResponse, WSMsgType, web

HOP_BY_HOP = frozenset({"connection", "content-encoding", "content-length", "transfer-encoding", "upgrade"})
SECONDS = 60
MAX_MESSAGE_BYTES = 16 * 1024 * 1024


async def forward(request: web.Request, base_url: str, raw_path: str | None = None) -> web.StreamResponse:
    """Ask the server at `base_url` what was asked here, host name included."""
    url = f"{base_url}{request.raw_path if raw_path is None else raw_path}"
    timeout = ClientTimeout(total=SECONDS)
    async with ClientSession(auto_decompress=False, timeout=timeout) as session:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await _forward_socket(request, session, url)
        try:
            return await _forward_request(request, session, url)
        except (ClientError, TimeoutError) as error:
            return web.Response(status=502, text=f"Nothing answers for {request.host}: {type(error).__name__}\n")


async def _forward_request(request: web.Request, session: ClientSession, url: str) -> web.Response:
    headers = {"X-Forwarded-Host": request.host} | _end_to_end(request.headers)
    async with session.request(
        request.method, url, headers=headers, data=await request.read(), allow_redirects=False
    ) as answer:
        return web.Response(status=answer.status, body=await answer.read(), headers=_all(answer.headers))


async def _forward_socket(request: web.Request, session: ClientSession, url: str) -> web.StreamResponse:
    offered = [name.strip() for name in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if name.strip()]
    headers = {name: value for name, value in request.headers.items() if name in ("Authorization", "Origin")}
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


def _end_to_end(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}


def _all(headers: Mapping[str, str]) -> "list[tuple[str, str]]":
    """An answer's headers, those that stand there twice too. Its encoding stays: the body was not decoded."""
    dropped = HOP_BY_HOP - {"content-encoding"}
    return [(name, value) for name, value in headers.items() if name.lower() not in dropped]
