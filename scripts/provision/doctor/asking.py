"""Asks many questions at once, each with a limit in time and all of them with one, and says how far it is."""

import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

from owner.console import CommandFailed
from requests.exceptions import RequestException
from voicemint.redaction import redact

from ..gcloud import GcloudFailed
from .answers import Answer, Refusal, refusal_of

ONE_SECONDS = 15.0
ALL_SECONDS = 60.0
AT_ONCE = 8
SAY_AFTER_SECONDS = 2.0


@dataclass(frozen=True)
class Reading:
    """One question. `ask` is given the seconds it may take; `api` is the Google API it needs, if any."""

    name: str
    ask: Callable[[float], Any]
    api: str | None = None


class Asker:
    def __init__(self, project_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._project_id = project_id
        self._clock = clock
        self._started = clock()
        self._said_at = self._started
        self._asked = self._answered = 0

    def ask(self, readings: Sequence[Reading]) -> dict[str, Answer]:
        """An answer each, in the order of `readings`."""
        self._asked += len(readings)
        with ThreadPoolExecutor(AT_ONCE) as threads:
            asked = {threads.submit(self._answer, reading): reading.name for reading in readings}
            for _ in as_completed(asked):
                self._answered += 1
                self._say()
            return {name: future.result() for future, name in asked.items()}

    def _answer(self, reading: Reading) -> Answer:
        left = ALL_SECONDS - (self._clock() - self._started)
        if left <= 0:
            return Answer(refusal=Refusal.NO_ANSWER, said=f"all of it took {ALL_SECONDS:.0f} s")
        try:
            return Answer(reading.ask(min(ONE_SECONDS, left)))
        except GcloudFailed as error:
            return Answer(refusal=refusal_of(error.text, self._project_id), said=_sentence(error.text))
        except (CommandFailed, ValueError) as error:
            return Answer(refusal=Refusal.OTHER, said=redact(str(error)))
        except (RequestException, OSError) as error:
            return Answer(refusal=Refusal.NO_ANSWER, said=type(error).__name__)

    def _say(self) -> None:
        now = self._clock()
        if sys.stderr.isatty():
            print(f"\rAsking: {self._answered} of {self._asked} ", end="", file=sys.stderr, flush=True)
        elif now - self._said_at > SAY_AFTER_SECONDS:
            self._said_at = now
            print(f"Asking: {self._answered} of {self._asked}", file=sys.stderr, flush=True)


MAX_SAID_CHARACTERS = 200


def _sentence(text: str) -> str:
    """gcloud's own first sentence about the error, without its name."""
    lines = [line.removeprefix("ERROR:").strip() for line in text.splitlines() if line.startswith("ERROR:")]
    sentence = redact(lines[0] if lines else "")
    return sentence if len(sentence) <= MAX_SAID_CHARACTERS else f"{sentence[:MAX_SAID_CHARACTERS]}…"
