"""Where spoken audio goes: paced to a WebRTC track, or as base64 deltas to a WebSocket."""

import asyncio
import base64
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from standins.openai import g711
from standins.openai.audio import BYTES_PER_SAMPLE, PCM, RATE, bytes_to_ms

BYTES_PER_SECOND = RATE * BYTES_PER_SAMPLE
Emit = Callable[..., None]


@dataclass(frozen=True)
class Part:
    """The place of one content part in a response, as every delta event names it, and how its audio is sent."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int = 0
    audio_format: str = PCM

    def ids(self) -> dict[str, Any]:
        return {
            "response_id": self.response_id,
            "item_id": self.item_id,
            "output_index": self.output_index,
            "content_index": self.content_index,
        }


@dataclass(frozen=True)
class Interruption:
    """An item whose audio was cut, and how much of it had been played."""

    item_id: str
    played_ms: int


class OutputAudio(Protocol):
    """The speaking side of a transport."""

    plays_on_track: bool

    async def write(self, part: Part, pcm: bytes) -> None:
        """Take audio in; waits while it is too far ahead of what was played."""

    def end(self, response_id: str) -> None:
        """No more audio of this response will come."""

    def interrupt(self) -> Interruption | None:
        """Stop playing and drop what waits; None when nothing was playing."""


class DeltaStream:
    """Sends audio as `response.output_audio.delta`; the client plays it, so only the client knows how far it got."""

    plays_on_track = False

    def __init__(self, emit: Emit, max_lead_seconds: float, on_quiet: Callable[[], None]) -> None:
        self._emit = emit
        self._on_quiet = on_quiet
        self._max_lead_seconds = max_lead_seconds
        self._finished_at = 0.0

    async def write(self, part: Part, pcm: bytes) -> None:
        now = asyncio.get_running_loop().time()
        self._finished_at = max(self._finished_at, now) + len(pcm) / BYTES_PER_SECOND
        delta = base64.b64encode(g711.encode(pcm, part.audio_format)).decode()
        self._emit("response.output_audio.delta", **part.ids(), delta=delta)
        await asyncio.sleep(max(0.0, self._finished_at - now - self._max_lead_seconds))

    def end(self, response_id: str) -> None:  # noqa: ARG002 -- one response after the other, so it is this one
        self._on_quiet()

    def interrupt(self) -> None:
        self._finished_at = 0.0


@dataclass
class _Segment:
    part: Part
    pcm: bytes


class PlaybackBuffer:
    """Holds audio until a track pulls it, 20 ms at a time, and says when playing starts, stops or is cut."""

    plays_on_track = True

    def __init__(self, emit: Emit, max_lead_seconds: float, on_quiet: Callable[[], None]) -> None:
        self._emit = emit
        self._on_quiet = on_quiet
        self._max_waiting = int(max_lead_seconds * BYTES_PER_SECOND)
        self._queue: deque[_Segment | str] = deque()
        self._waiting = 0
        self._room = asyncio.Event()
        self._playing: Part | None = None
        self._played = 0

    async def write(self, part: Part, pcm: bytes) -> None:
        if self._playing is None and not self._queue:
            self._start(part)
        self._queue.append(_Segment(part, pcm))
        self._waiting += len(pcm)
        while self._waiting > self._max_waiting:
            self._room.clear()
            await self._room.wait()

    def end(self, response_id: str) -> None:
        if self._playing is not None or self._queue:
            self._queue.append(response_id)

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes to play, silence where there is nothing to say."""
        chunk = bytearray()
        while self._queue and len(chunk) < size:
            head = self._queue.popleft()
            if isinstance(head, str):
                self._stop(head)
            else:
                chunk += self._play(head, size - len(chunk))
        return bytes(chunk.ljust(size, b"\0"))

    def interrupt(self) -> Interruption | None:
        if self._playing is None:
            return None
        cut = Interruption(self._playing.item_id, bytes_to_ms(self._played))
        self._emit("output_audio_buffer.cleared", response_id=self._playing.response_id)
        self._queue.clear()
        self._waiting, self._playing = 0, None
        self._room.set()
        return cut

    def _start(self, part: Part) -> None:
        self._playing, self._played = part, 0
        self._emit("output_audio_buffer.started", response_id=part.response_id)

    def _play(self, segment: _Segment, size: int) -> bytes:
        if self._playing is None or self._playing.response_id != segment.part.response_id:
            self._start(segment.part)
        elif self._playing.item_id != segment.part.item_id:
            self._playing, self._played = segment.part, 0
        now, rest = segment.pcm[:size], segment.pcm[size:]
        if rest:
            self._queue.appendleft(_Segment(segment.part, rest))
        self._played += len(now)
        self._waiting -= len(now)
        if self._waiting <= self._max_waiting:
            self._room.set()
        return now

    def _stop(self, response_id: str) -> None:
        self._playing = None
        self._emit("output_audio_buffer.stopped", response_id=response_id)
        self._on_quiet()


class Silence:
    """For a call that has no audio path yet: what is said is dropped at once."""

    plays_on_track = False

    async def write(self, part: Part, pcm: bytes) -> None:
        pass

    def end(self, response_id: str) -> None:
        pass

    def interrupt(self) -> None:
        pass
