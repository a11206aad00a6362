"""The process that recognises speech: 16 kHz PCM in on standard input, one line of JSON out for each piece.

pocketsphinx holds Python's lock while it works, and audio must leave every 20 ms: so it works in a process
of its own, started as a file so that it loads nothing but itself. It ends when its input does.

A small language model of the phrases the conversation understands (`phrases.txt`) is tried first: it is ten
times faster and hears them right. What does not resemble any of them goes to the general English model.
"""

import difflib
import json
import struct
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from pocketsphinx import Decoder, get_model_path
from pocketsphinx.lm import ArpaBoLM

RATE = 16_000
HEADER = struct.Struct(">II")
PHRASES = Path(__file__).with_name("phrases.txt")
DICTIONARY = "en-us/cmudict-en-us.dict"
NUMBER = "{number}"
_NUMBER_WORDS = """
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred
"""
NUMBER_WORDS = _NUMBER_WORDS.split()
RESEMBLANCE = 0.8


class Recognizer:
    """Both models, and the choice between what they heard."""

    def __init__(self) -> None:
        self._phrases = [line.split() for line in PHRASES.read_text(encoding="utf-8").splitlines() if line]
        self._known = _phrase_decoder(self._phrases)
        self._general = Decoder(samprate=RATE, loglevel="FATAL", cmn="batch")

    def recognize(self, pcm: bytes) -> str:
        heard = _decode(self._known, pcm)
        return heard if self._resembles_a_phrase(heard) else _decode(self._general, pcm)

    def _resembles_a_phrase(self, heard: str) -> bool:
        words = [NUMBER if word in NUMBER_WORDS else word for word in heard.split()]
        matcher = difflib.SequenceMatcher(b=words, autojunk=False)
        for phrase in self._phrases:
            matcher.set_seq1(phrase)
            if matcher.quick_ratio() >= RESEMBLANCE and matcher.ratio() >= RESEMBLANCE:
                return True
        return False


def serve(recognizer: Recognizer, requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer pieces of audio, each after its number and length, with `[number, text]` until the input ends."""
    while header := requests.read(HEADER.size):
        number, length = HEADER.unpack(header)
        answer = [number, recognizer.recognize(requests.read(length))]
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _phrase_decoder(phrases: list[list[str]]) -> Any:
    """A decoder that knows the phrases' words only; with the full dictionary it would take ten seconds to load."""
    spoken = _with_numbers(phrases)
    model = ArpaBoLM(text="\n".join(f"<s> {' '.join(phrase)} </s>" for phrase in spoken))
    model.compute()
    with tempfile.TemporaryDirectory() as folder:
        model_file, dictionary = Path(folder, "phrases.lm"), Path(folder, "phrases.dict")
        model.write_file(str(model_file))
        dictionary.write_text(_pronunciations({word for phrase in spoken for word in phrase}), encoding="utf-8")
        return Decoder(samprate=RATE, loglevel="FATAL", cmn="batch", lm=str(model_file), dict=str(dictionary))


def _pronunciations(words: set[str]) -> str:
    """The dictionary's lines of these words; `word(2)` is a second way to say one."""
    lines = Path(get_model_path(), DICTIONARY).read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if line.split(maxsplit=1)[0].partition("(")[0] in words)


def _with_numbers(phrases: list[list[str]]) -> list[list[str]]:
    """Say each phrase once with every number, so that every number may stand in every place."""
    return [
        [number if word == NUMBER else word for word in phrase]
        for phrase in phrases
        for number in (NUMBER_WORDS if NUMBER in phrase else NUMBER_WORDS[:1])
    ]


def _decode(decoder: Any, pcm: bytes) -> str:
    decoder.start_utt()
    decoder.process_raw(pcm, no_search=False, full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return hypothesis.hypstr.strip() if hypothesis else ""


if __name__ == "__main__":
    serve(Recognizer(), sys.stdin.buffer, sys.stdout.buffer)
