"""Turns that need no computing (`turns.toml`): known by their words, answered with the next of their sentences."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from standins.openai.conversation import Entry

FILE = Path(__file__).with_name("turns.toml")


@dataclass(frozen=True)
class SmallTalk:
    asks: re.Pattern[str]
    says: Sequence[str]

    def is_asked_in(self, text: str) -> bool:
        return self.asks.search(text.lower()) is not None


_TURNS = tuple(
    SmallTalk(re.compile(turn["asks"]), tuple(turn["says"]))
    for turn in tomllib.loads(FILE.read_text(encoding="utf-8"))["turn"]
)


def small_talk(text: str, before: Sequence[Entry]) -> str | None:
    """The answer to `text`; each time that it was asked for before, the next sentence. None if no turn fits."""
    turn = next((turn for turn in _TURNS if turn.is_asked_in(text)), None)
    if turn is None:
        return None
    asked_before = sum(entry.role == "user" and turn.is_asked_in(entry.text()) for entry in before)
    return turn.says[asked_before % len(turn.says)]
