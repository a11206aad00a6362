"""Real speaking and hearing, and the small parts around them."""

import base64
import io
import json
import subprocess
import sys
import wave
from collections.abc import AsyncIterator
from difflib import SequenceMatcher
from pathlib import Path

import av
import numpy as np
import pytest
import pytest_asyncio
from standins.openai import g711, speech
from standins.openai.audio import RATE, duration_ms, resample, samples_of
from standins.openai.errors import ApiError
from standins.openai.images import ImageSize, image_size, main_colour
from standins.openai.recognition import Recognizer
from standins.openai.script import load_scenario
from standins.openai.session_config import VOICES

STANDINS = Path(speech.__file__).parents[2]


@pytest_asyncio.fixture
async def recognizer() -> AsyncIterator[Recognizer]:
    recognizer = Recognizer()
    yield recognizer
    await recognizer.close()


def spoken_first(*texts: str) -> list[bytes]:
    """The same to the bit in every run: what was spoken earlier in a process colours the voice, so this has its own."""
    program = "import sys; from standins.openai.speech import synthesize as speak; "
    program += "print(*(speak(text).hex() for text in sys.argv[1:]))"
    command = [sys.executable, "-c", program, *texts]
    said = subprocess.run(command, env={"PYTHONPATH": str(STANDINS)}, capture_output=True, check=True, timeout=60)
    return [bytes.fromhex(pcm) for pcm in said.stdout.decode().split()]


def test_speaks_24_khz_at_a_natural_pace_and_loudness() -> None:
    pcm = speech.synthesize("Hello, how are you today?")
    assert 800 < duration_ms(pcm) < 3000
    assert np.abs(samples_of(pcm)).max() > 3000


def test_every_voice_of_the_api_sounds_its_own_way() -> None:
    assert speech.ESPEAK_VOICES.keys() == set(VOICES)
    assert len({speech.synthesize("Hello", voice) for voice in VOICES}) == len(VOICES)


def test_the_same_words_sound_the_same() -> None:
    lengths = {duration_ms(speech.synthesize("Hello there", voice)) for voice in ("alloy", "alloy", "voice_x")}
    assert max(lengths) - min(lengths) < 20


def test_speed_and_nothing_to_say() -> None:
    sentence = "One two three four five"
    assert len(speech.synthesize(sentence, speed=1.5)) < len(speech.synthesize(sentence))
    assert speech.synthesize("") == b""


def test_writes_a_microphone_for_others(tmp_path: Path) -> None:
    path = tmp_path / "mic.wav"
    speech.write_wav(path, "Hello", silence_before=1, silence_after=2)
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48_000, 1, 2)
        samples = samples_of(file.readframes(file.getnframes()))
    assert not samples[:48_000].any()
    assert not samples[-96_000:].any()
    assert samples[48_000:-96_000].any()


@pytest.mark.asyncio
async def test_hears_roughly_what_was_said(recognizer: Recognizer) -> None:
    said = ["what is two plus three", "count from one to fifty", "what is the date today", "who are you"]
    heard = [await recognizer.recognize(pcm) for pcm in spoken_first(*said)]
    likeness = [SequenceMatcher(a=a.split(), b=b.split()).ratio() for a, b in zip(said, heard, strict=True)]
    assert sorted(likeness)[1] > 0.5, heard


@pytest.mark.asyncio
async def test_hears_nothing_in_nothing(recognizer: Recognizer) -> None:
    noise = np.random.default_rng(1).integers(-20, 20, 2 * RATE).astype("<i2").tobytes()
    assert [await recognizer.recognize(pcm) for pcm in (b"", bytes(2 * RATE), noise)] == ["", "", ""]
    assert recognizer.process is None


@pytest.mark.asyncio
async def test_hears_what_people_try_first_and_what_the_conversation_makes_likely(recognizer: Recognizer) -> None:
    joke, fact, garage = spoken_first("tell me a joke", "tell me a fun fact", "open the garage")
    assert await recognizer.recognize(joke) == "tell me a joke"
    assert await recognizer.recognize(fact) == "tell me a fun fact"
    assert await recognizer.recognize(garage, ("open the garage",)) == "open the garage"
    assert await recognizer.recognize(garage) != "open the garage"


@pytest.mark.asyncio
async def test_goes_on_after_its_process_died(recognizer: Recognizer) -> None:
    await recognizer.warm_up()
    assert recognizer.process is not None
    recognizer.process.kill()
    await recognizer.process.wait()
    [sum_] = spoken_first("What is two plus three?")
    assert "plus" in await recognizer.recognize(sum_)


@pytest.mark.parametrize(("rate", "new_rate"), [(22_050, 24_000), (24_000, 16_000), (24_000, 48_000), (24_000, 24_000)])
def test_resampling_keeps_a_tone(rate: int, new_rate: int) -> None:
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype(np.int16)
    changed = resample(tone, rate, new_rate)
    spectrum = np.abs(np.fft.rfft(changed.astype(float)))
    assert len(changed) == new_rate
    assert abs(int(spectrum.argmax()) - 440) <= 1
    assert resample(tone[:0], RATE, new_rate).size == 0


@pytest.mark.parametrize("format_type", [g711.PCMU, g711.PCMA])
def test_telephone_audio_is_close_to_the_original(format_type: str) -> None:
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.int16)
    telephone = g711.encode(tone.tobytes(), format_type)
    assert len(telephone) == g711.TELEPHONE_RATE
    back = samples_of(g711.decode(telephone, format_type)).astype(float)
    assert np.corrcoef(back, tone)[0, 1] > 0.99


@pytest.mark.parametrize(
    ("format_type", "code", "level"),
    [
        (g711.PCMU, 0xFF, 0),
        (g711.PCMU, 0x80, 32124),
        (g711.PCMU, 0x00, -32124),
        (g711.PCMA, 0xD5, 8),
        (g711.PCMA, 0x2A, -32256),
    ],
)
def test_g711_levels(format_type: str, code: int, level: int) -> None:
    assert samples_of(g711.decode(bytes([code]), format_type))[0] == level


def data_uri(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x02\x80\x00\x00\x01\xe0"
JPEG = b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc0\x00\x11\x08\x01\xe0\x02\x80\x03"


@pytest.mark.parametrize("uri", [data_uri("png", PNG), data_uri("jpeg", JPEG)], ids=["png", "jpeg"])
def test_reads_the_size_of_a_picture(uri: str) -> None:
    assert image_size(uri) == ImageSize(640, 480)


BAD_PICTURES = {
    "a URL": "https://example.com/cat.png",
    "another kind": data_uri("gif", b"GIF89a"),
    "no base64": "data:image/png;base64,***",
    "cut png": data_uri("png", PNG[:18]),
    "cut jpeg": data_uri("jpeg", JPEG[:6]),
    "other bytes": data_uri("jpeg", b"hello"),
    "no frame": data_uri("jpeg", b"\xff\xd8" + b"\xff\xe0\x00\x02" * 3),
    "endless": data_uri("jpeg", b"\xff\xd8\xff\xe0\x00\x00" * 3),
}


@pytest.mark.parametrize("uri", BAD_PICTURES.values(), ids=BAD_PICTURES.keys())
def test_refuses_what_is_no_picture(uri: str) -> None:
    with pytest.raises(ApiError, match="Invalid image"):
        image_size(uri)


@pytest.mark.parametrize("suffix", ["toml", "json"])
def test_loads_a_scenario_file(tmp_path: Path, suffix: str) -> None:
    turns = {"turns": [{"heard": "hello", "say": "Hi."}, {"tool": {"name": "f", "arguments": {"a": 1}}}]}
    toml = '[[turns]]\nheard = "hello"\nsay = "Hi."\n[[turns]]\ntool = {name = "f", arguments = {a = 1}}\n'
    path = tmp_path / f"scenario.{suffix}"
    path.write_text(toml if suffix == "toml" else json.dumps(turns), encoding="utf-8")
    first, second = load_scenario(path)
    assert (first.heard, first.say) == ("hello", "Hi.")
    assert second.tool is not None
    assert second.tool.arguments == {"a": 1}


def test_refuses_a_scenario_with_a_misspelt_key(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text('[[turns]]\nsays = "Hi."\n', encoding="utf-8")
    with pytest.raises(ApiError, match=r"turns\[0\]\.says"):
        load_scenario(path)


COLOURS = {
    "red": (200, 20, 20),
    "green": (30, 180, 40),
    "blue": (20, 40, 220),
    "black": (5, 5, 5),
    "grey": (120, 120, 125),
    "white": (250, 250, 250),
}


@pytest.mark.parametrize(("name", "pixel"), COLOURS.items(), ids=COLOURS.keys())
def test_the_main_colour_of_a_picture_is_named(name: str, pixel: tuple[int, int, int]) -> None:
    encoded = io.BytesIO()
    with av.open(encoded, "w", format="mjpeg") as file:
        stream = file.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), pixel, dtype=np.uint8), format="rgb24")
        file.mux([*stream.encode(picture), *stream.encode()])
    assert main_colour(data_uri("jpeg", encoded.getvalue())) == name


def test_a_picture_that_is_only_a_header_has_no_colour() -> None:
    assert main_colour(data_uri("png", b"\x89PNG\r\n\x1a\n")) is None
