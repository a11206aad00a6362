"""`GET /v1/realtime`: a session of its own (`?model=`, `?intent=transcription`), or a sideband (`?call_id=`)."""

import asyncio
from collections.abc import Callable

from aiohttp import WSMsgType, web

from standins.openai.calls import Calls
from standins.openai.context import Faculties
from standins.openai.credentials import ClientSecrets, bearer, is_client_secret, require_api_key
from standins.openai.errors import ApiError, beta_shape_disabled, call_not_found
from standins.openai.event_bus import EventBus
from standins.openai.knobs import Knobs
from standins.openai.output_audio import DeltaStream
from standins.openai.session import Session
from standins.openai.session_config import SessionConfig, parse_session
from standins.values import Json

SUBPROTOCOL = "realtime"
MAX_MESSAGE_BYTES = 24 * 1024 * 1024
BETA_CLOSE_CODE = 4000
NORMAL_CLOSURE = 1000


class WebSocketSink:
    """The sending side of one WebSocket: events wait in a queue, so a session never waits for a slow reader."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._queue: asyncio.Queue[str | int] = asyncio.Queue()

    def send(self, message: str) -> None:
        self._queue.put_nowait(message)

    def close(self, code: int) -> None:
        self._queue.put_nowait(code)

    async def write(self) -> None:
        """Send what is queued until a close code comes or the reader is gone."""
        while isinstance(message := await self._queue.get(), str):
            try:
                await self._socket.send_str(message)
            except ConnectionError:
                return
        await self._socket.close(code=message)


class WebSockets:
    """Opens sessions and sidebands, and ends them when the application stops."""

    def __init__(self, faculties: Faculties, knobs: Knobs, secrets: ClientSecrets, calls: Calls) -> None:
        self._faculties = faculties
        self._knobs = knobs
        self._secrets = secrets
        self._calls = calls
        self._sinks: set[WebSocketSink] = set()

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Handle one WebSocket from its upgrade to its end."""
        if is_beta(request):
            return await _refuse_beta(request)
        if "call_id" in request.query:
            return await self._sideband(request, request.query["call_id"])
        return await self._session(request)

    def close(self) -> None:
        for sink in self._sinks:
            sink.close(NORMAL_CLOSURE)

    async def _session(self, request: web.Request) -> web.StreamResponse:
        session = Session(self._config(request), self._faculties, self._knobs)
        session.speak_into(DeltaStream(session.bus.emit, self._knobs.max_lead_seconds, session.expect_speech))
        session.on_end = session.bus.close
        try:
            return await self._serve(request, session, on_open=session.start)
        finally:
            await session.close()

    async def _sideband(self, request: web.Request, call_id: str) -> web.StreamResponse:
        """Join a live call; a client secret is refused as the real service does since 2026-09-09."""
        if is_client_secret(bearer(request)):
            raise call_not_found()
        require_api_key(request)
        return await self._serve(request, self._calls.session_of(call_id))

    def _config(self, request: web.Request) -> SessionConfig:
        credential = bearer(request)
        if is_client_secret(credential):
            return self._secrets.redeem(credential).config
        require_api_key(request)
        return parse_session(_asked_for(request))

    async def _serve(
        self, request: web.Request, session: Session, on_open: Callable[[], None] = lambda: None
    ) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=(SUBPROTOCOL,), max_msg_size=MAX_MESSAGE_BYTES)
        await socket.prepare(request)
        sink = WebSocketSink(socket)
        writer = asyncio.create_task(sink.write(), name="websocket writer")
        self._sinks.add(sink)
        session.bus.attach(sink)
        try:
            on_open()
            await _read(socket, session, sink)
        finally:
            session.bus.detach(sink)
            self._sinks.discard(sink)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return socket


async def _read(socket: web.WebSocketResponse, session: Session, sink: WebSocketSink) -> None:
    async for message in socket:
        if message.type == WSMsgType.TEXT:
            session.receive(message.data, sink)


def _asked_for(request: web.Request) -> Json:
    """The session config that the query of a standard-key connection means."""
    query = request.query
    if query.get("intent") == "transcription":
        return {"type": "transcription"}
    if "model" not in query:
        message = "You must provide exactly one of model, call_id or intent=transcription."
        raise ApiError("missing_required_parameter", message, param="model")
    return {"type": "realtime", "model": query["model"]}


def is_beta(request: web.Request) -> bool:
    """Whether the client speaks the beta interface, which ended on 2026-05-12."""
    return "OpenAI-Beta" in request.headers


async def _refuse_beta(request: web.Request) -> web.StreamResponse:
    socket = web.WebSocketResponse(protocols=(SUBPROTOCOL,))
    await socket.prepare(request)
    sink = WebSocketSink(socket)
    EventBus().refuse(beta_shape_disabled(), None, sink)
    sink.close(BETA_CLOSE_CODE)
    await sink.write()
    return socket
