"""Who answers: the interface the session knows, and the rule-based one that needs no model."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from . import arithmetic
from .conversation import Entry
from .images import image_size
from .number_words import in_words, with_digits
from .tool_use import FunctionCall, call_of, read_aloud, wanted_call
from .tools import ChosenFunction, FunctionTool, Tool, ToolChoice

INTRODUCTION = "this is the offline stand-in for OpenAI"
MAX_COUNT = 200


@dataclass(frozen=True)
class Turn:
    """What an answer is made from: the items so far, the session's tools, and whether it has introduced itself."""

    entries: Sequence[Entry]
    tools: Sequence[Tool] = ()
    tool_choice: ToolChoice = "auto"
    introduced: bool = False

    @property
    def last(self) -> Entry | None:
        return self.entries[-1] if self.entries else None


@dataclass(frozen=True)
class Say:
    text: str


Answer = Say | FunctionCall


class Conversationalist(Protocol):
    """Answers one turn. Must be deterministic: the same turn at the same time gives the same answer."""

    def answer(self, turn: Turn) -> Answer: ...


class RuleBased:
    """Answers from a few rules; says in its first sentence that it is the stand-in."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def answer(self, turn: Turn) -> Answer:
        if call := _call(turn):
            return call
        said = self._reply(turn)
        return Say(said if turn.introduced else _introduced(said))

    def _reply(self, turn: Turn) -> str:
        last = turn.last
        if last is None or last.role == "system":
            return "How can I help you?"
        if last.item["type"] == "function_call_output":
            return read_aloud(last.item["output"])
        if last.image_urls():
            return _describe(last.image_urls()[-1])
        return self._reply_to(last.text().strip())

    def _reply_to(self, text: str) -> str:
        lowered = text.lower()
        for pattern, rule in self._rules():
            if match := re.search(pattern, lowered):
                return rule(match)
        answer = arithmetic.answer(lowered)
        if answer:
            return answer
        return f"You said: {text}" if text else "I heard nothing I could understand. Please say it again."

    def _rules(self) -> Sequence[tuple[str, Callable[[re.Match[str]], str]]]:
        return (
            (r"\bcount\b(?: from (?P<first>[\w-]+))?(?: to)? (?P<last>[\w-]+)", _count),
            (r"\bcount\b", lambda _: _counted(1, 10)),
            (r"\bwhat(?:'s| is)? (?:the )?time\b|\btime is it\b", lambda _: self._time()),
            (r"\bwhat (?:day|date)\b|\btoday'?s date\b|\bthe date\b", lambda _: self._date()),
            (r"\b(?:goodbye|good bye|bye)\b", lambda _: "Goodbye! It was nice talking to you."),
            (r"\bthank(?:s| you)\b", lambda _: "You are welcome."),
            (r"^\W*(?:hello|hi|hey)\b", lambda _: "Hello! How can I help you?"),
            (r"\bencourag", lambda _: "You are doing well; keep going."),
            (r"\b(?:who|what) are you\b", lambda _: f"I am no model: {INTRODUCTION}."),
            (r"^(?:please )?(?:say|repeat)[: ]+(?P<words>.+)$", lambda match: match["words"].capitalize()),
        )

    def _time(self) -> str:
        now = self._now()
        return f"It is {now.hour % 12 or 12}:{now.minute:02d} {'PM' if now.hour >= 12 else 'AM'}."

    def _date(self) -> str:
        now = self._now()
        return f"Today is {now:%A}, {now:%B} {now.day}, {now.year}."


def _introduced(said: str) -> str:
    return f"Hello, {INTRODUCTION}. {said}"


def _call(turn: Turn) -> FunctionCall | None:
    """The function this turn asks for; right after a result there is none, or one call would follow another."""
    if turn.tool_choice == "none" or turn.last is None or turn.last.item["type"] != "message":
        return None
    functions = [tool for tool in turn.tools if isinstance(tool, FunctionTool)]
    text = turn.last.text() if turn.last.role == "user" else ""
    if isinstance(turn.tool_choice, ChosenFunction):
        functions = [function for function in functions if function.name == turn.tool_choice.name]
    wanted = wanted_call(text, functions)
    if wanted or turn.tool_choice == "auto" or not functions:
        return wanted
    return call_of(functions[0], text)


def _describe(image_url: str) -> str:
    size = image_size(image_url)
    return f"I got a picture of {size.width} by {size.height} pixels. I cannot see what is on it."


def _count(match: re.Match[str]) -> str:
    first, last = (with_digits(match[name] or default) for name, default in (("first", "1"), ("last", "10")))
    return _counted(int(first), int(last)) if first.isdigit() and last.isdigit() else _counted(1, 10)


def _counted(first: int, last: int) -> str:
    """A long answer in short sentences, so that it can be interrupted anywhere."""
    last = max(first, min(last, first + MAX_COUNT, 999))
    return " ".join(f"{in_words(number).capitalize()}." for number in range(min(first, 999), last + 1))
