"""Who answers: the interface the session knows, and the rule-based one that needs no model."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from standins.openai import arithmetic
from standins.openai.conversation import Entry
from standins.openai.images import image_size, main_colour
from standins.openai.number_words import LARGEST_NUMBER, in_words, with_digits
from standins.openai.small_talk import small_talk
from standins.openai.tool_use import FunctionCall, call_of, read_aloud, wanted_call
from standins.openai.tools import ChosenFunction, FunctionTool, Tool, ToolChoice

INTRODUCTION = "this is the offline stand-in for OpenAI"
GOODBYE = "Goodbye! It was nice talking to you."
DEFAULT_COUNT = 10
MAX_COUNT = 200
QUOTED = re.compile(r"[\"“„«](?P<words>[^\"“”„«»]{2,300})[\"”“»]")
# `You are Chef Luigi`, not `You are a kind assistant`: a name begins with a capital letter.
NAMED = re.compile(r"\b[Yy]ou(?: are(?: called)?|r name is) (?P<name>[A-Z][\w'-]*(?: [A-Z][\w'-]*){0,3})")
ABOUT_PICTURES = re.compile(r"\b(?:see|look|picture|colou?r|camera|screen)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Turn:
    """What an answer is made from: the items so far, the session's tools and instructions, and whether it has
    introduced itself."""

    entries: Sequence[Entry]
    tools: Sequence[Tool] = ()
    tool_choice: ToolChoice = "auto"
    introduced: bool = False
    instructions: str = ""

    @property
    def last(self) -> Entry | None:
        return self.entries[-1] if self.entries else None


@dataclass(frozen=True)
class Say:
    text: str


@dataclass(frozen=True)
class SayNothing:
    """Nobody said a word, so there is nothing to answer."""


Answer = Say | SayNothing | FunctionCall | tuple[FunctionCall, ...]


class Conversationalist(Protocol):
    """Answers one turn. Must be deterministic: the same turn at the same time gives the same answer."""

    def answer(self, turn: Turn) -> Answer: ...


class RuleBased:
    """Answers from a few rules; says in its first sentence that it is the stand-in."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def answer(self, turn: Turn) -> Answer:
        if turn.last and turn.last.is_silent:
            return SayNothing()
        if call := _call(turn):
            return call
        said = self._reply(turn)
        return Say(said if turn.introduced else _introduced(said, turn.instructions))

    def _reply(self, turn: Turn) -> str:
        last = turn.last
        if last is None or last.role == "system":
            return _asked_to_say(last.text() if last else "") or "How can I help you?"
        if last.item["type"] == "function_call_output":
            return read_aloud(last.item["output"])
        shown = _shown(turn.entries)
        if shown and (last.image_urls() or ABOUT_PICTURES.search(last.text())):
            return _describe(shown)
        return self._reply_to(last.text().strip(), turn.entries[:-1])

    def _reply_to(self, text: str, before: Sequence[Entry]) -> str:
        lowered = text.lower()
        for pattern, rule in self._rules():
            if match := re.search(pattern, lowered):
                return rule(match)
        if answer := _counting(with_digits(lowered)) or arithmetic.answer(lowered) or small_talk(text, before):
            return answer
        return f"You said: {text}" if text else "I heard nothing I could understand. Please say it again."

    def _rules(self) -> Sequence[tuple[str, Callable[[re.Match[str]], str]]]:
        return (
            (r"\bwhat(?:'s| is)? (?:the )?time\b|\btime is it\b", lambda _: self._time()),
            (r"\bwhat (?:day|date)\b|\btoday'?s date\b|\bthe date\b", lambda _: self._date()),
            (r"\b(?:goodbye|good bye|bye)\b", lambda _: GOODBYE),
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


def _introduced(said: str, instructions: str) -> str:
    named = NAMED.search(instructions)
    role = f", in the place of {named['name']}" if named else ""
    return f"Hello, {INTRODUCTION}{role}. {said}"


def _asked_to_say(request: str) -> str | None:
    """What a system message asks for, as far as rules can tell: the words that it quotes, or a goodbye."""
    if quoted := QUOTED.search(request):
        return quoted["words"]
    return GOODBYE if re.search(r"\bgoodbye\b", request, re.IGNORECASE) else None


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


def _shown(entries: Sequence[Entry]) -> str | None:
    """The newest picture in the conversation."""
    return next((entry.image_urls()[-1] for entry in reversed(entries) if entry.image_urls()), None)


def _describe(image_url: str) -> str:
    size, colour = image_size(image_url), main_colour(image_url)
    seen = f"It is mostly {colour}." if colour else "I cannot see what is on it."
    return f"I got a picture of {size.width} by {size.height} pixels. {seen}"


def _counting(text: str) -> str | None:
    """Count as asked, `count to 20` or `count from 5 to 8`, else to ten: a long answer that can be interrupted."""
    if not re.search(r"\bcount\b", text):
        return None
    asked = re.search(r"\bcount(?: from (?P<first>\d{1,3}))?(?: to)? (?P<last>\d{1,3})\b", text)
    first, last = (int(asked["first"] or 1), int(asked["last"])) if asked else (1, DEFAULT_COUNT)
    numbers = range(first, min(last, first + MAX_COUNT, LARGEST_NUMBER) + 1)
    return " ".join(f"{in_words(number).capitalize()}." for number in numbers) or "There is nothing to count."
