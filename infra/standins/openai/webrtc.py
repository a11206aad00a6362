"""A call over real WebRTC (aiortc), on loopback only: microphone in, speech out, events on `oai-events`.

Imported when the first call comes, because aiortc takes half a second to load.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine
from fractions import Fraction
from typing import Any, cast

import aioice.ice
from aiortc import (
    MediaStreamError,
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)
from av import AudioFrame, AudioResampler

from standins.openai.audio import FRAME_BYTES, FRAME_SAMPLES, RATE
from standins.openai.errors import ApiError
from standins.openai.output_audio import PlaybackBuffer
from standins.openai.session import Session

logger = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
FRAME_SECONDS = FRAME_SAMPLES / RATE
FLUSH_SECONDS = 0.5
# Trickled addresses are not needed: the caller is learned from its first packet. Dropping them
# also keeps aioice from looking up `.local` names on the network.
CANDIDATE_LINES = re.compile(r"^a=(?:candidate:|end-of-candidates).*(?:\r?\n|\Z)", re.MULTILINE)
MAX_MESSAGE_LINE = re.compile(r"^a=max-message-size:\d+\r?\n", re.MULTILINE)


def only_on_loopback() -> None:
    """Make every peer connection of this process offer 127.0.0.1 and nothing else; aioice has no setting for it."""

    aioice.ice.get_host_addresses = lambda **_: [LOOPBACK]


class SpeechTrack(MediaStreamTrack):
    """Plays what the buffer holds, 20 ms at a time, at the pace of the clock; silence in between."""

    kind = "audio"

    def __init__(self, buffer: PlaybackBuffer) -> None:
        super().__init__()
        self._buffer = buffer
        self._frames = 0
        self._started_at = 0.0

    async def recv(self) -> AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        await self._wait_for_turn()
        frame = AudioFrame(format="s16", layout="mono", samples=FRAME_SAMPLES)
        frame.planes[0].update(self._buffer.read(FRAME_BYTES))
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = self._frames * FRAME_SAMPLES
        self._frames += 1
        return frame

    async def _wait_for_turn(self) -> None:
        now = asyncio.get_running_loop().time()
        if not self._frames:
            self._started_at = now
        await asyncio.sleep(max(0.0, self._started_at + self._frames * FRAME_SECONDS - now))


class DataChannelSink:
    """The sending side of `oai-events`."""

    def __init__(self, channel: RTCDataChannel) -> None:
        self._channel = channel

    def send(self, message: str) -> None:
        if self._channel.readyState == "open":
            self._channel.send(message)

    def close(self, code: int) -> None:
        """The peer connection closes its channels itself, after the last event has gone out."""


class WebRtcPeer:
    """One peer connection and the session it carries."""

    def __init__(self, session: Session, output: PlaybackBuffer, max_message_bytes: int | None) -> None:
        only_on_loopback()
        self._session = session
        self._max_message_bytes = max_message_bytes
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connection.addTrack(SpeechTrack(output))
        self._connection.on("track", self._on_track)
        self._connection.on("datachannel", self._on_data_channel)
        self._connection.on("connectionstatechange", self._on_state)
        self._channels: list[RTCDataChannel] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.on_state: Callable[[str], None] = lambda _: None

    async def answer(self, offer: str) -> str:
        """Return the SDP answer; raises ApiError for an offer without audio and data, or that cannot be read."""
        _check_offer(offer)
        try:
            description = RTCSessionDescription(CANDIDATE_LINES.sub("", offer), "offer")
            await self._connection.setRemoteDescription(description)
        except Exception as error:
            logger.info("Offer refused: %s", error)
            raise _invalid_offer("it cannot be parsed") from None
        self._refuse_video()
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        return self._with_message_size(self._connection.localDescription.sdp)

    async def close(self) -> None:
        await self._flush()
        await self._connection.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _flush(self) -> None:
        """Give the last events time to leave, for as long as somebody takes them."""
        deadline = asyncio.get_running_loop().time() + FLUSH_SECONDS
        while self._unsent() and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(FRAME_SECONDS)

    def _unsent(self) -> bool:
        if self._connection.connectionState != "connected":
            return False
        return any(channel.bufferedAmount for channel in self._channels)

    def _refuse_video(self) -> None:
        for transceiver in self._connection.getTransceivers():
            if transceiver.kind != "audio":
                transceiver.direction = "inactive"

    def _with_message_size(self, sdp: str) -> str:
        size = self._max_message_bytes
        return MAX_MESSAGE_LINE.sub(f"a=max-message-size:{size}\r\n" if size else "", sdp)

    def _on_state(self) -> None:
        self.on_state(self._connection.connectionState)

    def _on_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self._run(self._listen(track))

    def _on_data_channel(self, channel: RTCDataChannel) -> None:
        sink = DataChannelSink(channel)
        self._channels.append(channel)
        channel.on("message", lambda message: self._on_message(message, channel, sink))
        self._session.bus.attach(sink)
        self._session.start()

    def _on_message(self, message: str | bytes, channel: RTCDataChannel, sink: DataChannelSink) -> None:
        text = message if isinstance(message, str) else message.decode(errors="replace")
        limit = self._max_message_bytes
        if limit is not None and len(text.encode()) > limit:
            logger.info("Closing the data channel: a message is larger than %d bytes", limit)
            channel.close()
            return
        self._session.receive(text, sink)

    async def _listen(self, track: MediaStreamTrack) -> None:
        resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            for resampled in resampler.resample(cast(AudioFrame, frame)):
                self._session.hear(resampled.to_ndarray().tobytes())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="microphone")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _check_offer(offer: str) -> None:
    if not offer.startswith("v=0"):
        raise _invalid_offer("expected SDP that starts with v=0")
    for section in ("m=audio", "m=application"):
        if section not in offer:
            raise _invalid_offer(f"expected an {section} section")


def _invalid_offer(reason: str) -> ApiError:
    return ApiError("invalid_offer", f"The SDP offer was refused: {reason}.", param="sdp")
