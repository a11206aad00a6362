"""Telephone audio, `audio/pcmu` and `audio/pcma`: 8 kHz, one byte a sample. Source: ITU-T G.711."""

import numpy as np
from numpy.typing import NDArray

from standins.openai.audio import RATE, Samples, resample, samples_of

PCMU, PCMA = "audio/pcmu", "audio/pcma"
TELEPHONE_RATE = 8000
ULAW_BIAS = 33
ALAW_TOGGLE = 0x55
CODES = np.arange(256, dtype=np.int32)


def decode(data: bytes, format_type: str) -> bytes:
    """Turn audio of a session's input format into 24 kHz PCM."""
    if format_type not in _LEVELS:
        return data
    levels = _LEVELS[format_type][np.frombuffer(data, dtype=np.uint8)]
    return resample(levels, TELEPHONE_RATE, RATE).tobytes()


def encode(pcm: bytes, format_type: str) -> bytes:
    """Turn 24 kHz PCM into a session's output format; each sample takes the nearest level."""
    if format_type not in _LEVELS:
        return pcm
    levels = _LEVELS[format_type]
    order = np.argsort(levels, kind="stable")
    middles = (levels[order][1:].astype(np.int32) + levels[order][:-1]) // 2
    samples = resample(samples_of(pcm), RATE, TELEPHONE_RATE)
    return order[np.searchsorted(middles, samples)].astype(np.uint8).tobytes()


def _ulaw_levels() -> Samples:
    code = CODES ^ 0xFF
    magnitude = (((code & 0x0F) << 1) + ULAW_BIAS << ((code >> 4) & 7)) - ULAW_BIAS
    return _signed(magnitude << 2, code)


def _alaw_levels() -> Samples:
    code = CODES ^ ALAW_TOGGLE
    exponent, mantissa = (code >> 4) & 7, ((code & 0x0F) << 1) + 1
    magnitude = np.where(exponent > 0, (mantissa + 32) << np.maximum(exponent - 1, 0), mantissa)
    return _signed(magnitude << 3, code ^ 0x80)


def _signed(magnitude: NDArray[np.int32], code: NDArray[np.int32]) -> Samples:
    """In both laws a set top bit (of the code given here) makes the sample negative."""
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


_LEVELS = {PCMU: _ulaw_levels(), PCMA: _alaw_levels()}
