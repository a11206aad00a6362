"""The calls that are up: how each was set up, its session, and everything that ends with it."""

import asyncio
import importlib
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from standins.openai.context import Faculties
from standins.openai.errors import ApiError, call_not_found
from standins.openai.ids import new_id
from standins.openai.knobs import Knobs
from standins.openai.output_audio import PlaybackBuffer
from standins.openai.session import Session
from standins.openai.session_config import SessionConfig
from standins.openai.telephone import Person, PhoneCall, PhoneLine
from standins.openai.webhooks import INCOMING_CALL
from standins.values import Json

MAX_REMEMBERED_CALLS = 1000
SIP_UNSUPPORTED = ("threshold", "prefix_padding_ms", "silence_duration_ms")


class Peer(Protocol):
    """The media side of a call."""

    async def close(self) -> None: ...


@dataclass
class Call:
    """`state`: ringing (a phone call not answered yet), connecting, connected, or how it ended."""

    setup: str
    state: str
    id: str = field(default_factory=lambda: new_id("rtc"))
    session: Session | None = None
    peer: Peer | None = None
    deadline: asyncio.TimerHandle | None = None
    person: Person | None = None

    def described(self) -> Json:
        sent, received = (self.session.bus.sent, self.session.received) if self.session else (0, 0)
        counts = {"events_sent": sent, "events_received": received}
        talk = {"heard": self.person.heard, "said": self.person.said} if self.person else {}
        return {"id": self.id, "setup": self.setup, "state": self.state, **counts, **talk}


class Calls:
    """Opens, finds and ends calls."""

    def __init__(
        self, faculties: Faculties, knobs: Knobs, notify: Callable[[str, Json], None] = lambda _type, _data: None
    ) -> None:
        """`notify(event_type, data)` tells the project's webhook endpoints."""
        self._notify = notify
        self._faculties = faculties
        self._knobs = knobs
        self._live: dict[str, Call] = {}
        self._ended: deque[Json] = deque(maxlen=MAX_REMEMBERED_CALLS)
        self._tasks: set[asyncio.Task[None]] = set()

    async def open_webrtc(self, config: SessionConfig, offer: str, setup: str) -> tuple[str, str]:
        """Answer an SDP offer; returns the call's id and the SDP answer."""
        # aiortc takes half a second to load, once: in a thread, so that other calls go on meanwhile.
        webrtc = await asyncio.to_thread(importlib.import_module, ".webrtc", __package__)
        self._soon(self._faculties.hearing.warm_up())
        call = Call(setup, "connecting")
        session = Session(config, self._faculties, self._knobs)
        output = PlaybackBuffer(session.bus.emit, self._knobs.max_lead_seconds, session.expect_speech)
        session.speak_into(output)
        peer = webrtc.WebRtcPeer(session, output, self._knobs.max_message_bytes)
        try:
            answer = await peer.answer(offer)
        except ApiError:
            await peer.close()
            raise
        self._add(call, session, peer)
        peer.on_state = lambda state: self._on_peer_state(call, state)
        call.deadline = asyncio.get_running_loop().call_later(
            self._knobs.connect_timeout_seconds, self._end_soon, call, "never connected"
        )
        return call.id, answer

    def ring(self, asked: PhoneCall) -> Call:
        """Let a phone call come in; it waits to be accepted or rejected, for as long as people let it ring."""
        call = Call("sip", "ringing")
        call.person = Person(
            self._faculties, deque(asked.says), asked.hangs_up, lambda: self._end_soon(call, "the caller hung up")
        )
        self._live[call.id] = call
        call.deadline = asyncio.get_running_loop().call_later(
            self._knobs.ring_seconds, self._end_soon, call, "nobody answered"
        )
        headers = asked.sip_headers(call.id)
        self._notify(INCOMING_CALL, {"call_id": call.id, "sip_headers": headers, "sip_media_security": "srtp"})
        return call

    def accept(self, call_id: str, config: SessionConfig) -> None:
        """Answer a ringing phone call: from now on sound passes both ways."""
        call = self._ringing(call_id)
        if call.person is None or call.deadline is None:
            raise call_not_found()
        call.deadline.cancel()
        self._soon(self._faculties.hearing.warm_up())
        session = Session(config, self._faculties, self._knobs)
        output = PlaybackBuffer(session.bus.emit, self._knobs.max_lead_seconds, session.expect_speech)
        session.speak_into(output)
        self._add(call, session, PhoneLine(session, output, call.person))
        call.state = "connected"
        session.start()

    def caller_hangs_up(self, call_id: str) -> None:
        self._end_soon(self.find(call_id), "the caller hung up")

    def find(self, call_id: str) -> Call:
        """Return a live call; raises `call_id_not_found` (404)."""
        if call_id not in self._live:
            raise call_not_found()
        return self._live[call_id]

    def session_of(self, call_id: str) -> Session:
        """The session that a sideband joins. Until the peers have found each other there is none, as reported."""
        call = self.find(call_id)
        if call.session is None or call.state == "connecting":
            raise call_not_found()
        return call.session

    async def hang_up(self, call_id: str) -> None:
        await self._end(self.find(call_id), "hung up")

    async def reject(self, call_id: str, status_code: int) -> None:
        await self._end(self._ringing(call_id), f"rejected with {status_code}")

    async def refer(self, call_id: str, target_uri: str) -> None:
        call = self.find(call_id)
        if call.setup != "sip":
            raise call_not_found()
        await self._end(call, f"referred to {target_uri}")

    def described(self) -> list[Json]:
        """Ended and live calls, oldest first."""
        return [*self._ended, *(call.described() for call in self._live.values())]

    async def close(self) -> None:
        for call in list(self._live.values()):
            await self._end(call, "the stand-in stopped")
        await asyncio.gather(*self._tasks)

    def _add(self, call: Call, session: Session, peer: Peer | None) -> None:
        call.session, call.peer = session, peer
        session.on_end = lambda: self._end_soon(call, "session expired")
        self._live[call.id] = call

    def _ringing(self, call_id: str) -> Call:
        call = self.find(call_id)
        if call.state != "ringing":
            raise call_not_found()
        return call

    def _on_peer_state(self, call: Call, state: str) -> None:
        if state == "connected":
            call.state = "connected"
            if call.deadline:
                call.deadline.cancel()
        elif state in ("failed", "closed"):
            self._end_soon(call, "the peer went away")

    def _end_soon(self, call: Call, how: str) -> None:
        self._soon(self._end(call, how))

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end(self, call: Call, how: str) -> None:
        if self._live.pop(call.id, None) is None:
            return
        call.state = how
        self._ended.append(call.described())
        if call.deadline:
            call.deadline.cancel()
        if call.session:
            await call.session.close()
        if call.peer:
            await call.peer.close()


def check_sip_config(session: Any) -> None:
    """Phone sessions take no server VAD numbers. Source: agents-realtime 0.20.0 `openaiRealtimeSip.mjs`."""
    detection = session.get("audio", {}).get("input", {}).get("turn_detection") or {}
    for name in SIP_UNSUPPORTED:
        if name in detection:
            param = f"session.audio.input.turn_detection.{name}"
            raise ApiError("invalid_value", f"'{name}' is not supported for SIP calls.", param=param)
