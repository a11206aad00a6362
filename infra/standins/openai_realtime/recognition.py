"""Hearing without a network: pocketsphinx, whose English model comes inside its wheel."""

import threading
from typing import Any

from .audio import RATE, Samples, resample, samples_of

RECOGNITION_RATE = 16_000


def recognize(pcm: bytes) -> str:
    """Return what was said in 24 kHz PCM, in lower case, or an empty text. Blocking: call it in a thread."""
    samples = resample(samples_of(pcm), RATE, RECOGNITION_RATE)
    if not len(samples):
        return ""
    with _lock:
        return _decode(samples)


def warm_up() -> None:
    """Load the model now (0.6 s), so that the first turn does not wait for it."""
    with _lock:
        _decoder()


def _decode(samples: Samples) -> str:
    decoder = _decoder()
    decoder.start_utt()
    decoder.process_raw(samples.tobytes(), no_search=False, full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return str(hypothesis.hypstr).strip() if hypothesis else ""


_lock = threading.Lock()
_loaded: list[Any] = []


def _decoder() -> Any:
    if not _loaded:
        from pocketsphinx import Decoder

        _loaded.append(Decoder(samprate=RECOGNITION_RATE, loglevel="FATAL"))
    return _loaded[0]
