"""Asks many questions at once, each with a limit in time and all of them with one, and says how far it is."""

import json
import sys
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock
from typing import Any

from common.console import CommandFailed
from common.gcloud import Gcloud, GcloudFailed
from requests.exceptions import RequestException
from voicemint.redaction import redact

from ..lists import Question
from .answers import Answer, NotOurs, Refusal, refusal_of
from .rest import Rest

ONE_SECONDS = 25.0
ALL_SECONDS = 90.0
AT_ONCE = 8
SAY_AFTER_SECONDS = 2.0
MAX_SAID_CHARACTERS = 200


@dataclass(frozen=True)
class Reading:
    """One question. `ask` is given the seconds it may take; `api` is the Google API it needs, if any."""

    name: str
    ask: Callable[[float], Any]
    api: str | None = None


class Asker:
    """Thread-safe. The same gcloud command, and the same list, is asked once."""

    def __init__(self, gcloud: Gcloud, clock: Callable[[], float] = time.monotonic) -> None:
        self.gcloud = gcloud
        self._clock = clock
        self._started = self._said_at = clock()
        self._asked = self._answered = 0
        self._free = BoundedSemaphore(AT_ONCE)
        self._lock = Lock()
        self._remembered: dict[Hashable, Any] = {}

    def ask(self, readings: Sequence[Reading], seconds: float = ONE_SECONDS) -> dict[str, Answer]:
        """An answer each, within `seconds` each."""
        with ThreadPoolExecutor(AT_ONCE) as threads:
            asked = {threads.submit(self.answer, reading.ask, seconds): reading.name for reading in readings}
            for _ in as_completed(asked):
                pass
            return {name: future.result() for future, name in asked.items()}

    def answer(self, ask: Callable[[float], Any], seconds: float = ONE_SECONDS) -> Answer:
        with self._lock:
            self._asked += 1
        try:
            return self._answer(ask, seconds)
        finally:
            with self._lock:
                self._answered += 1
                self._say()

    def json(self, arguments: tuple[str, ...], seconds: float) -> Any:
        """What a gcloud command answers. Raises GcloudFailed."""
        with_format = (*arguments, "--format=json")
        return self._once(arguments, lambda: json.loads(self.text(with_format, seconds) or "null"))

    def read(self, rest: Rest, question: Question, seconds: float) -> Any:
        """What Google's REST API answers. Raises RequestException or GcloudFailed."""
        return self._once(question, lambda: rest.read(question, seconds))

    def text(self, arguments: tuple[str, ...], seconds: float) -> str:
        """What a gcloud command prints. Raises GcloudFailed."""
        return self.gcloud.run(self.gcloud.command(*arguments), seconds=seconds)

    def _once(self, asked: Hashable, ask: Callable[[], Any]) -> Any:
        with self._lock:
            if asked in self._remembered:
                return self._remembered[asked]
        with self._free:
            value = ask()
        with self._lock:
            self._remembered[asked] = value
        return value

    def _answer(self, ask: Callable[[float], Any], seconds: float) -> Answer:
        left = ALL_SECONDS - (self._clock() - self._started)
        if left <= 0:
            return Answer(refusal=Refusal.NO_ANSWER, said=f"all of it took {ALL_SECONDS:.0f} s")
        try:
            return Answer(ask(min(seconds, left)))
        except GcloudFailed as error:
            return Answer(refusal=refusal_of(error.text, self.gcloud.project_id), said=_sentence(error.text))
        except NotOurs:
            return Answer(refusal=Refusal.NOT_OURS)
        except (RequestException, OSError) as error:
            return Answer(refusal=Refusal.NO_ANSWER, said=type(error).__name__)
        except (CommandFailed, ValueError) as error:
            return Answer(refusal=Refusal.OTHER, said=redact(str(error)))

    def done(self) -> None:
        """Nothing more is asked: the line of progress goes."""
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def _say(self) -> None:
        now = self._clock()
        if sys.stderr.isatty():
            print(f"\rAsked: {self._answered} of {self._asked} ", end="", file=sys.stderr, flush=True)
        elif now - self._said_at > SAY_AFTER_SECONDS:
            self._said_at = now
            print(f"Asked: {self._answered} of {self._asked}", file=sys.stderr, flush=True)


def _sentence(text: str) -> str:
    """gcloud's own first sentence about the error, without the name of the command."""
    lines = [line.removeprefix("ERROR:").strip() for line in text.splitlines() if line.startswith("ERROR:")]
    sentence = redact(lines[0] if lines else "")
    sentence = sentence.partition(") ")[2] or sentence if sentence.startswith("(gcloud.") else sentence
    return sentence if len(sentence) <= MAX_SAID_CHARACTERS else f"{sentence[:MAX_SAID_CHARACTERS]}…"
