"""Hearing without a network: a process with pocketsphinx, whose English model comes inside its wheel."""

import asyncio
import json
import logging
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from pathlib import Path

from standins.openai.audio import RATE, is_silent, resample, samples_of

logger = logging.getLogger(__name__)

RECOGNITION_RATE = 16_000
PROGRAM = Path(__file__).with_name("recognizer_process.py")
HEADER = struct.Struct(">III")
STOP_SECONDS = 5.0
# The recogniser finds the first and last word only with some quiet around them.
QUIET = bytes(RECOGNITION_RATE)


async def _ask(process: Process, number: int, likely: Sequence[str], audio: bytes) -> str:
    """Send one piece and wait for its answer; answers nobody waited for any more are passed over."""
    if process.stdin is None or process.stdout is None:
        return ""
    phrases = json.dumps(list(likely)).encode()
    process.stdin.write(HEADER.pack(number, len(phrases), len(audio)) + phrases + audio)
    await process.stdin.drain()
    while line := await process.stdout.readline():
        answered, text = json.loads(line)
        if answered == number:
            return str(text)
    return ""


class Recognizer:
    """Starts its process when first needed, and again should it ever end; one piece of audio at a time."""

    def __init__(self) -> None:
        self.process: Process | None = None
        self._lock = asyncio.Lock()
        self._asked = 0

    async def recognize(self, pcm: bytes, likely: Sequence[str] = ()) -> str:
        """Return what was said in 24 kHz PCM, in lower case; an empty text if nothing was.

        The recogniser itself is sure of words in digital silence, so it is not asked about that.
        """
        if is_silent(pcm):
            return ""
        audio = QUIET + resample(samples_of(pcm), RATE, RECOGNITION_RATE).tobytes() + QUIET
        async with self._lock:
            process = await self._running()
            self._asked += 1
            try:
                return await _ask(process, self._asked, likely, audio)
            except ConnectionError:
                logger.warning("The recogniser ended; the next turn starts it again")
                return ""

    async def warm_up(self) -> None:
        """Start the process now: its models take a second to load."""
        async with self._lock:
            await self._running()

    async def close(self) -> None:
        """End the process by ending its input."""
        process, self.process = self.process, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _running(self) -> Process:
        if self.process is None or self.process.returncode is not None:
            # A group of its own: Ctrl-C is for the stand-in, which then ends this process in order.
            command = (sys.executable, "-I", str(PROGRAM))
            self.process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, start_new_session=True
            )
        return self.process
