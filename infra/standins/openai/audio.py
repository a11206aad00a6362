"""The one audio format inside the stand-in: 16-bit little-endian mono PCM at 24 kHz, as `bytes`."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

PCM = "audio/pcm"
RATE = 24_000
BYTES_PER_SAMPLE = 2
SILENT_STEPS = 64  # of 32768 (-54 dB): what codecs, dither and a good microphone leave of silence
FRAME_MS = 20
FRAME_SAMPLES = RATE * FRAME_MS // 1000
FRAME_BYTES = FRAME_SAMPLES * BYTES_PER_SAMPLE


def duration_ms(pcm: bytes | bytearray | memoryview) -> int:
    """Length of 24 kHz PCM in whole milliseconds."""
    return bytes_to_ms(len(pcm))


def bytes_to_ms(count: int) -> int:
    return count * 1000 // (RATE * BYTES_PER_SAMPLE)


def ms_to_bytes(milliseconds: int) -> int:
    return milliseconds * RATE // 1000 * BYTES_PER_SAMPLE


def samples_of(pcm: bytes | bytearray | memoryview) -> Samples:
    return np.frombuffer(pcm, dtype="<i2")


def is_silent(pcm: bytes) -> bool:
    """Whether no sample is louder than a few steps: there is nothing to hear."""
    samples = samples_of(pcm)
    return not len(samples) or bool(np.abs(samples.astype(np.int32)).max() <= SILENT_STEPS)


def resample(samples: Samples, rate: int, new_rate: int) -> Samples:
    """Change the sample rate; going down, a moving average keeps the highest tones from folding over."""
    if rate == new_rate or not len(samples):
        return samples
    smooth = samples.astype(np.float64)
    if new_rate < rate:
        width = round(rate / new_rate)
        smooth = np.convolve(smooth, np.ones(width) / width, mode="same")
    places = np.arange(len(samples) * new_rate // rate) * (rate / new_rate)
    resampled: Samples = np.interp(places, np.arange(len(smooth)), smooth).astype(np.int16)
    return resampled
