"""Voice activity by energy: when somebody starts and stops speaking. Pure; time is counted in audio, not by a clock."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from standins.openai.audio import FRAME_BYTES, FRAME_MS, bytes_to_ms, ms_to_bytes, samples_of
from standins.openai.session_config import SemanticVad, ServerVad

# A threshold of 0.5 is -40 dB below full scale: above a quiet room, below a voice at arm's length.
QUIETEST_DB, LOUDEST_DB = -55.0, -25.0
FRAMES_TO_START = 3
SEMANTIC_PREFIX_MS = 300
SEMANTIC_THRESHOLD = 0.5
# The real one waits for the end of a thought, up to 8, 4 or 2 s; energy alone can only wait longer or shorter.
SEMANTIC_SILENCE_MS = {"low": 1500, "medium": 700, "auto": 700, "high": 400}
MAX_BUFFER_BYTES = ms_to_bytes(10 * 60 * 1000)


@dataclass(frozen=True)
class SpeechStarted:
    audio_start_ms: int


@dataclass(frozen=True)
class SpeechStopped:
    audio_end_ms: int


@dataclass(frozen=True)
class IdleTimeout:
    audio_start_ms: int
    audio_end_ms: int


Activity = SpeechStarted | SpeechStopped | IdleTimeout


@dataclass(frozen=True)
class Sensitivity:
    """How loud, after how much silence, and how much audio before the first loud frame is kept."""

    level: float
    silence_ms: int
    prefix_ms: int
    idle_timeout_ms: int | None = None


def sensitivity_of(turn_detection: ServerVad | SemanticVad) -> Sensitivity:
    """Read the thresholds of the session config; `level` is an RMS amplitude, full scale 32768."""
    if isinstance(turn_detection, SemanticVad):
        silence_ms = SEMANTIC_SILENCE_MS[turn_detection.eagerness]
        return Sensitivity(_level(SEMANTIC_THRESHOLD), silence_ms, SEMANTIC_PREFIX_MS)
    return Sensitivity(
        _level(turn_detection.threshold),
        turn_detection.silence_duration_ms,
        turn_detection.prefix_padding_ms,
        turn_detection.idle_timeout_ms,
    )


def _level(threshold: float) -> float:
    decibels = QUIETEST_DB + (LOUDEST_DB - QUIETEST_DB) * threshold
    return 32768.0 * math.pow(10.0, decibels / 20.0)


class InputAudioBuffer:
    """Microphone audio since the last commit. Without voice detection it keeps all; with it, one turn at a time."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._kept = bytearray()
        self._heard_ms = 0
        self._loud_frames = 0
        self._quiet_ms = 0
        self._idle_since_ms: int | None = None
        self.speaking = False

    def __len__(self) -> int:
        return len(self._kept) + len(self._pending)

    def append(self, pcm: bytes, sensitivity: Sensitivity | None) -> Iterator[Activity]:
        """Take 24 kHz PCM in; yields what happens, at the moment it happens in the audio."""
        self._pending += pcm
        while len(self._pending) >= FRAME_BYTES:
            frame = bytes(self._pending[:FRAME_BYTES])
            del self._pending[:FRAME_BYTES]
            self._heard_ms += FRAME_MS
            self._keep(frame)
            if sensitivity:
                yield from self._detect(frame, sensitivity)

    def take(self) -> bytes:
        """Return the audio of the turn and start the next one."""
        audio = bytes(self._kept + self._pending)
        self.clear()
        return audio

    def clear(self) -> None:
        self._kept.clear()
        self._pending.clear()
        self._loud_frames = self._quiet_ms = 0
        self.speaking = False

    def expect_speech(self) -> None:
        """The assistant has finished: from here the idle timeout counts."""
        self._idle_since_ms = self._heard_ms

    def _keep(self, frame: bytes) -> None:
        self._kept += frame
        if len(self._kept) > MAX_BUFFER_BYTES:
            del self._kept[:FRAME_BYTES]

    def _detect(self, frame: bytes, sensitivity: Sensitivity) -> Iterator[Activity]:
        loud = _rms(frame) >= sensitivity.level
        if self.speaking:
            yield from self._detect_end(loud, sensitivity)
            return
        self._loud_frames = self._loud_frames + 1 if loud else 0
        prefix = ms_to_bytes(sensitivity.prefix_ms) + FRAMES_TO_START * FRAME_BYTES
        del self._kept[: max(0, len(self._kept) - prefix)]
        if self._loud_frames >= FRAMES_TO_START:
            self.speaking, self._quiet_ms, self._idle_since_ms = True, 0, None
            yield SpeechStarted(self._heard_ms - bytes_to_ms(len(self._kept)))
        else:
            yield from self._detect_idleness(sensitivity)

    def _detect_end(self, loud: bool, sensitivity: Sensitivity) -> Iterator[Activity]:
        self._quiet_ms = 0 if loud else self._quiet_ms + FRAME_MS
        if self._quiet_ms >= max(sensitivity.silence_ms, FRAME_MS):
            self.speaking = False
            yield SpeechStopped(self._heard_ms)

    def _detect_idleness(self, sensitivity: Sensitivity) -> Iterator[Activity]:
        since, timeout = self._idle_since_ms, sensitivity.idle_timeout_ms
        if since is not None and timeout is not None and self._heard_ms - since >= timeout:
            self._idle_since_ms = None
            yield IdleTimeout(since, self._heard_ms)


def _rms(frame: bytes) -> float:
    samples = samples_of(frame).astype(np.float64)
    return float(np.sqrt(np.mean(samples * samples)))
