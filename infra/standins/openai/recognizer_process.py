"""The process that recognises speech: 16 kHz PCM in on standard input, one line of JSON out for each piece.

pocketsphinx holds Python's lock while it works, and audio must leave every 20 ms: so it works in a process
of its own, started as a file so that it loads nothing but itself. It ends when its input does.

A grammar of the phrases that the conversation understands (`phrases.txt`, `turns.toml`) and of those that the session
makes likely is tried first: it hears whole phrases right and is ten times faster. A small language model of the same
phrases is next, for what differs in a word or two. What resembles none of them goes to the general English model.
"""

import difflib
import functools
import itertools
import json
import struct
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pocketsphinx import Decoder, get_model_path
from pocketsphinx.lm import ArpaBoLM

RATE = 16_000
HEADER = struct.Struct(">III")
PHRASES = Path(__file__).with_name("phrases.txt")
TURNS = Path(__file__).with_name("turns.toml")
DICTIONARY = "en-us/cmudict-en-us.dict"
NUMBER = "{number}"
ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
NUMBER_WORDS = [*ONES, *TEENS, *TENS, "hundred"]
MAX_GRAMMARS = 8  # of different sessions; each is some megabytes
MIN_WORDS_TO_COMPLETE = 3
RESEMBLANCE = 0.8


class Grammar:
    """Hears whole phrases, or nothing."""

    def __init__(self, phrases: Sequence[str], pronunciations: "Pronunciations") -> None:
        # Of one word alone it hears too much in other words.
        long = (phrase for phrase in phrases if " " in phrase)
        self._phrases = [phrase for phrase in long if pronunciations.know(_spoken_words([phrase]))]
        with pronunciations.file(_spoken_words(self._phrases)) as dictionary:
            self._decoder = Decoder(samprate=RATE, loglevel="FATAL", cmn="batch", lm=None, dict=dictionary)
        self._decoder.add_jsgf_string("phrases", _jsgf(self._phrases))
        self._decoder.activate_search("phrases")

    def hear(self, pcm: bytes) -> str | None:
        """The phrase, in its words. A beginning that only one phrase has counts as that phrase."""
        heard = _decode(self._decoder, pcm)
        pattern = _with_placeholders(heard)
        if pattern in self._phrases:
            return heard
        whole = [phrase for phrase in self._phrases if phrase.startswith(f"{pattern} ")]
        is_clear = len(whole) == 1 and len(pattern.split()) >= MIN_WORDS_TO_COMPLETE
        return whole[0] if is_clear and NUMBER not in whole[0] else None


class Recognizer:
    """The models, and the choice between what they heard."""

    def __init__(self) -> None:
        self._pronunciations = Pronunciations()
        self._all = _phrases()
        self._phrases = [phrase.split() for phrase in self._all]
        self._known = _phrase_decoder(self._phrases, self._pronunciations)
        self._general = Decoder(samprate=RATE, loglevel="FATAL", cmn="batch")
        self._grammar_of = functools.lru_cache(MAX_GRAMMARS)(self._grammar)
        self._grammar_of(())

    def recognize(self, pcm: bytes, likely: Sequence[str] = ()) -> str:
        phrase = self._grammar_of(tuple(likely)).hear(pcm)
        if phrase is not None:
            return phrase
        heard = _decode(self._known, pcm)
        return heard if self._resembles_a_phrase(heard) else _decode(self._general, pcm)

    def _grammar(self, likely: tuple[str, ...]) -> Grammar:
        return Grammar(list(dict.fromkeys([*self._all, *likely])), self._pronunciations)

    def _resembles_a_phrase(self, heard: str) -> bool:
        words = [NUMBER if word in NUMBER_WORDS else word for word in heard.split()]
        matcher = difflib.SequenceMatcher(b=words, autojunk=False)
        for phrase in self._phrases:
            matcher.set_seq1(phrase)
            if matcher.quick_ratio() >= RESEMBLANCE and matcher.ratio() >= RESEMBLANCE:
                return True
        return False


def serve(recognizer: Recognizer, requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer pieces of audio with `[number, text]` until the input ends.

    Each comes after its number, the two lengths, and a JSON list of likely phrases.
    """
    while header := requests.read(HEADER.size):
        number, phrases_length, length = HEADER.unpack(header)
        likely = json.loads(requests.read(phrases_length))
        answer = [number, recognizer.recognize(requests.read(length), likely)]
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


class Pronunciations:
    """The dictionary of pocketsphinx, a part of which each small decoder takes: all of it takes ten seconds to load."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}
        for line in Path(get_model_path(), DICTIONARY).read_text(encoding="utf-8").splitlines(keepends=True):
            # `word(2)` is a second way to say one.
            self._lines.setdefault(line.split(maxsplit=1)[0].partition("(")[0], []).append(line)

    def know(self, words: set[str]) -> bool:
        return words <= self._lines.keys()

    @contextmanager
    def file(self, words: set[str]) -> Iterator[str]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "phrases.dict")
            path.write_text("".join(line for word in sorted(words) for line in self._lines[word]), encoding="utf-8")
            yield str(path)


def _phrases() -> list[str]:
    turns = tomllib.loads(TURNS.read_text(encoding="utf-8"))["turn"]
    lines = PHRASES.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line] + [phrase for turn in turns for phrase in turn["heard"]]


def _jsgf(phrases: Sequence[str]) -> str:
    """A grammar that is one of the phrases, with any number from 1 to 199 in the place of `{number}`."""
    ones, teens, tens = ("|".join(words) for words in (ONES, TEENS, TENS))
    small = f"(<ones> | {teens} | ({tens}) [<ones>])"
    alternatives = "\n | ".join(phrase.replace(NUMBER, "<number>") for phrase in phrases)
    return (
        f"#JSGF V1.0;\ngrammar phrases;\n<ones> = {ones};\n<small> = {small};\n"
        f"<number> = <small> | [one] hundred [<small>];\npublic <phrase> = {alternatives};\n"
    )


def _spoken_words(phrases: Sequence[str]) -> set[str]:
    return {word for phrase in phrases for word in phrase.split() if word != NUMBER} | set(NUMBER_WORDS)


def _with_placeholders(heard: str) -> str:
    """`count to twenty five` becomes `count to {number}`."""
    words = (NUMBER if word in NUMBER_WORDS else word for word in heard.split())
    return " ".join(word for word, _ in itertools.groupby(words))


def _phrase_decoder(phrases: list[list[str]], pronunciations: Pronunciations) -> Any:
    """A decoder with a language model of the phrases."""
    spoken = _with_numbers(phrases)
    model = ArpaBoLM(text="\n".join(f"<s> {' '.join(phrase)} </s>" for phrase in spoken))
    model.compute()
    with (
        tempfile.TemporaryDirectory() as folder,
        pronunciations.file({word for phrase in spoken for word in phrase}) as dictionary,
    ):
        model_file = Path(folder, "phrases.lm")
        model.write_file(str(model_file))
        return Decoder(samprate=RATE, loglevel="FATAL", cmn="batch", lm=str(model_file), dict=dictionary)


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
