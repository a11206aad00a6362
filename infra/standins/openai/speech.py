"""Speaking without a network: espeak-ng, whose library and voices come inside the `espeakng-loader` wheel.

espeak keeps one global voice and one global callback, so one lock lets one sentence through at a time.
Source of names and numbers: espeak-ng 1.52 `speak_lib.h`.
"""

import ctypes
import threading
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from standins.openai.audio import RATE, Samples, resample

AUDIO_OUTPUT_SYNCHRONOUS = 2
CHARS_UTF8 = 1
POSITION_CHARACTER = 1
RATE_PARAMETER, PITCH_PARAMETER = 1, 3
WORDS_PER_MINUTE = 165
MAX_TEXT_CHARACTERS = 5000
_CALLBACK_TYPE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@dataclass(frozen=True)
class EspeakVoice:
    """An espeak voice variant and a pitch from 0 to 100."""

    variant: str
    pitch: int


DEFAULT_VOICE = EspeakVoice("en-us", 50)
ESPEAK_VOICES = {
    "alloy": EspeakVoice("en-us", 50),
    "ash": EspeakVoice("en-us+m3", 40),
    "ballad": EspeakVoice("en-gb+m1", 45),
    "coral": EspeakVoice("en-us+f2", 60),
    "echo": EspeakVoice("en-us+m2", 45),
    "sage": EspeakVoice("en-us+f1", 50),
    "shimmer": EspeakVoice("en-us+f4", 65),
    "verse": EspeakVoice("en-us+m7", 50),
    "marin": EspeakVoice("en-us+f3", 55),
    "cedar": EspeakVoice("en-us+m1", 35),
}


def synthesize(text: str, voice: str = "alloy", speed: float = 1.0) -> bytes:
    """Speak `text`: 16-bit little-endian mono PCM at 24 kHz. An unknown voice speaks like the default one.

    The same words sound the same to an ear, not to a bit: espeak carries its oscillators on from word to word.
    """
    if not text.strip():
        return b""
    with _lock:
        return _engine().speak(text, ESPEAK_VOICES.get(voice, DEFAULT_VOICE), speed).tobytes()


def write_wav(
    path: Path,
    text: str,
    rate: int = 48_000,
    silence_before: float = 0.5,
    silence_after: float = 1.0,
    voice: str = "alloy",
) -> None:
    """Write a mono 16-bit WAV of spoken `text`, with silence around it in seconds: a microphone for a test."""
    speech = resample(np.frombuffer(synthesize(text, voice), dtype="<i2"), RATE, rate)
    before, after = (np.zeros(round(seconds * rate), np.int16) for seconds in (silence_before, silence_after))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(np.concatenate([before, speech, after]).tobytes())


def warm_up() -> None:
    """Load the library and its voices now, so that the first word does not wait for them."""
    with _lock:
        _engine()


class _Espeak:
    def __init__(self) -> None:
        import espeakng_loader

        self._library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self._rate = self._library.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, data, 0)
        if self._rate <= 0:
            raise RuntimeError("espeak-ng did not start: its data folder was not accepted")
        self._chunks: list[Samples] = []
        self._callback = _CALLBACK_TYPE(self._collect)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: EspeakVoice, speed: float) -> Samples:
        """Samples at 24 kHz."""
        encoded = text[:MAX_TEXT_CHARACTERS].encode()
        self._chunks.clear()
        self._library.espeak_SetVoiceByName(voice.variant.encode())
        self._library.espeak_SetParameter(RATE_PARAMETER, round(WORDS_PER_MINUTE * speed), 0)
        self._library.espeak_SetParameter(PITCH_PARAMETER, voice.pitch, 0)
        size = ctypes.c_size_t(len(encoded) + 1)
        self._library.espeak_Synth(encoded, size, 0, POSITION_CHARACTER, 0, CHARS_UTF8, None, None)
        spoken = np.concatenate(self._chunks) if self._chunks else np.zeros(0, np.int16)
        return resample(spoken, self._rate, RATE)

    def _collect(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            self._chunks.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        return 0


_lock = threading.Lock()
_loaded: list[_Espeak] = []


def _engine() -> _Espeak:
    if not _loaded:
        _loaded.append(_Espeak())
    return _loaded[0]
