"""A phone call: a simulated person at one end, a session at the other, G.711 in between, 20 ms at a time.

The person hears what comes out of the line, and only that: speech recognition says what. They speak when the other
side has been quiet, and hang up when they have said everything and heard the answer, if told so.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import Field

from standins.openai import g711
from standins.openai.audio import FRAME_BYTES, FRAME_MS, ms_to_bytes
from standins.openai.context import Faculties
from standins.openai.output_audio import PlaybackBuffer
from standins.openai.session import Session
from standins.openai.vad import InputAudioBuffer, Sensitivity, SpeechStarted, SpeechStopped
from standins.openai.validation import Strict
from standins.values import Json

FRAME_SECONDS = FRAME_MS / 1000
SILENT_FRAME = bytes(FRAME_BYTES)
PATIENCE_SECONDS = 6.0  # then a person says something into the silence
VOICE = "alloy"
# How a person tells speech from a line's noise, and the end of an answer from a breath.
EAR = Sensitivity(level=300.0, silence_ms=1000, prefix_ms=300)


class SipHeader(Strict):
    name: str
    value: str


class PhoneCall(Strict):
    """What is asked of the simulated person: who calls whom, what they say, and whether they hang up after it.

    `headers` come after From and To; a null number leaves its header out.
    """

    nullable: ClassVar[frozenset[str]] = frozenset({"from", "to"})
    caller: str | None = Field(default="+14155550123", alias="from")
    called: str | None = Field(default="+18005550100", alias="to")
    headers: list[SipHeader] = Field(default_factory=list)
    says: list[str] = Field(default_factory=list, max_length=20)
    hangs_up: bool = False

    def sip_headers(self, call_id: str) -> list[Json]:
        headers = [{"name": "Max-Forwards", "value": "63"}]
        if self.caller is not None:
            headers.append({"name": "From", "value": f"<sip:{self.caller}@trunk.example.com>;tag={call_id[-8:]}"})
        if self.called is not None:
            headers.append({"name": "To", "value": f"<sip:{self.called}@sip.api.openai.com>"})
        return [*headers, *(header.model_dump() for header in self.headers), {"name": "Call-ID", "value": call_id}]


@dataclass
class Person:
    """The simulated person: `heard` and `said` are what a test looks at."""

    faculties: Faculties
    says: deque[str]
    hangs_up: bool
    hang_up: Callable[[], None]
    heard: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ear = InputAudioBuffer()
        self._mouth = bytearray()
        self._quiet_frames = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_thinking = False

    def hear(self, pcm: bytes) -> None:
        """20 ms of what comes out of the line."""
        self._quiet_frames += 1
        for activity in self._ear.append(pcm, EAR):
            if isinstance(activity, SpeechStarted):
                self._mouth.clear()  # people stop when they are interrupted
            elif isinstance(activity, SpeechStopped):
                self._run(self._understand(self._ear.take()))
        if self._ear.speaking:
            self._quiet_frames = 0
        elif self._quiet_frames * FRAME_SECONDS > PATIENCE_SECONDS:
            self._answer()

    def speak(self) -> bytes:
        """The next 20 ms that the person says, or silence."""
        if not self._mouth:
            return SILENT_FRAME
        self._quiet_frames = 0
        frame = bytes(self._mouth[:FRAME_BYTES]).ljust(FRAME_BYTES, b"\0")
        del self._mouth[:FRAME_BYTES]
        return frame

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _understand(self, pcm: bytes) -> None:
        self.heard.append(await self.faculties.hearing.recognize(pcm))
        self._answer()

    def _answer(self) -> None:
        """Say the next sentence; after the last one, hang up if told so."""
        if self._is_thinking or self._mouth or self._ear.speaking:
            return
        self._quiet_frames = 0
        if self.says:
            self._is_thinking = True
            self._run(self._say(self.says.popleft()))
        elif self.hangs_up and self.heard:
            self.hang_up()

    async def _say(self, text: str) -> None:
        try:
            pcm = await asyncio.to_thread(self.faculties.synthesize, text, VOICE, 1.0)
            self._mouth += pcm + bytes(ms_to_bytes(200))
            self.said.append(text)
        finally:
            self._is_thinking = False

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="caller")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class PhoneLine:
    """The media side of an accepted phone call: frames of G.711 in both directions, at the pace of the clock."""

    def __init__(self, session: Session, output: PlaybackBuffer, person: Person) -> None:
        self._session = session
        self._output = output
        self._person = person
        self._carrying = asyncio.get_running_loop().create_task(self._carry(), name="phone line")

    async def close(self) -> None:
        self._carrying.cancel()
        await asyncio.gather(self._carrying, return_exceptions=True)
        await self._person.close()

    async def _carry(self) -> None:
        clock = asyncio.get_running_loop().time
        started_at, frames = clock(), 0
        while True:
            await asyncio.sleep(max(0.0, started_at + frames * FRAME_SECONDS - clock()))
            frames += 1
            self._person.hear(_over_the_line(self._output.read(FRAME_BYTES)))
            self._session.hear(_over_the_line(self._person.speak()))


def _over_the_line(pcm: bytes) -> bytes:
    """What is left of 24 kHz PCM after a telephone: 8 kHz, mu-law."""
    return g711.decode(g711.encode(pcm, g711.PCMU), g711.PCMU) if any(pcm) else pcm
