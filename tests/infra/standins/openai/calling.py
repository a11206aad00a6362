"""A caller: an aiortc peer as a browser would be, with a microphone that plays given audio."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from fractions import Fraction
from typing import Any

import numpy as np
from aiortc import (
    MediaStreamError,
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from av import AudioFrame
from standins.openai.audio import FRAME_BYTES, FRAME_SAMPLES, RATE
from standins.openai.webrtc import only_on_loopback

from .listening import WAIT_SECONDS, Listener

AUDIBLE = 1000
FRAME_SECONDS = FRAME_SAMPLES / RATE


class Microphone(MediaStreamTrack):
    """Plays what is put into it, then silence."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.waiting = bytearray()
        self._frames = 0
        self._started_at = 0.0

    async def recv(self) -> AudioFrame:
        now = asyncio.get_running_loop().time()
        if not self._frames:
            self._started_at = now
        await asyncio.sleep(max(0.0, self._started_at + self._frames * FRAME_SECONDS - now))
        pcm = bytes(self.waiting[:FRAME_BYTES])
        del self.waiting[:FRAME_BYTES]
        frame = AudioFrame(format="s16", layout="mono", samples=FRAME_SAMPLES)
        frame.planes[0].update(pcm.ljust(FRAME_BYTES, b"\0"))
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = self._frames * FRAME_SAMPLES
        self._frames += 1
        return frame


class Caller:
    """Dials with an SDP offer, then sends and hears like a page."""

    def __init__(self) -> None:
        only_on_loopback()
        self.listener = Listener()
        self.microphone = Microphone()
        self.peaks: list[int] = []
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.connection.addTrack(self.microphone)
        self.connection.on("track", self._on_track)
        self.channel = self.connection.createDataChannel("oai-events")
        self.channel.on("message", self.listener.send)
        self._tasks: list[asyncio.Task[None]] = []

    async def offer(self) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return str(self.connection.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    def send(self, type_: str, **fields: Any) -> None:
        self.channel.send(json.dumps({"type": type_, **fields}))

    def ignore_message_limit(self) -> None:
        """Send as a client does that has not read the answer's a=max-message-size."""
        self.connection.sctp._remote_max_message_size = 0

    def greet(self) -> None:
        """Ask for the greeting as the page does."""
        content = [{"type": "input_text", "text": "Greet the person."}]
        self.send("conversation.item.create", item={"type": "message", "role": "system", "content": content})
        self.send("response.create")

    @property
    def hears_something(self) -> bool:
        return any(peak > AUDIBLE for peak in self.peaks)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds; the media goes on meanwhile."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not condition():
                await asyncio.sleep(FRAME_SECONDS)

    async def until_async(self, read: Callable[[], Awaitable[str]], expected: str) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while await read() != expected:
                await asyncio.sleep(FRAME_SECONDS)

    async def close(self) -> None:
        await self.connection.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._tasks.append(asyncio.create_task(self._listen(track)))

    async def _listen(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            self.peaks.append(int(np.abs(frame.to_ndarray()).max()))
