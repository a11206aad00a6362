"""Scripted turns: what is heard and said next, exactly, for tests and for scenario files."""

import json
import tomllib
from collections import deque
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter

from standins.openai.conversationalist import Answer, Conversationalist, Say, Turn
from standins.openai.tool_use import FunctionCall
from standins.openai.validation import Strict, parse


class ScriptedTool(Strict):
    """`arguments` as text are sent as they are: a model may give a tool without parameters an empty text."""

    name: str
    arguments: dict[str, Any] | str = Field(default_factory=dict)

    def call(self) -> FunctionCall:
        return FunctionCall(self.name, self.arguments)


class ScriptedTurn(Strict):
    """`heard` replaces what recognition makes of the next spoken turn; `tool`, `tools` and `say` what is answered."""

    heard: str | None = None
    say: str | None = None
    tool: ScriptedTool | None = None
    tools: list[ScriptedTool] | None = None


class Scenario(Strict):
    turns: list[ScriptedTurn] = Field(max_length=1000)


_SCENARIO: TypeAdapter[Scenario] = TypeAdapter(Scenario)


def load_scenario(path: Path) -> list[ScriptedTurn]:
    """Read a scenario file: `turns` as TOML (`[[turns]]`) or JSON."""
    text = path.read_text(encoding="utf-8")
    return parse_scenario(tomllib.loads(text) if path.suffix == ".toml" else json.loads(text))


def parse_scenario(value: Any) -> list[ScriptedTurn]:
    return parse(_SCENARIO, value).turns


class Script:
    """The turns still to come. A turn with `heard` waits for somebody to speak; any other is the next answer."""

    def __init__(self, turns: list[ScriptedTurn]) -> None:
        self._turns = deque(turns)
        self._heard = False

    def extend(self, turns: list[ScriptedTurn]) -> None:
        self._turns.extend(turns)

    def clear(self) -> None:
        self._turns.clear()
        self._heard = False

    def heard(self) -> str | None:
        """What the person is said to have said; None leaves it to recognition."""
        if not self._turns or self._turns[0].heard is None or self._heard:
            return None
        self._heard = True
        return self._turns[0].heard

    def answer(self, turn: Turn, otherwise: Conversationalist) -> Answer:
        """The scripted answer, or that of the conversationalist where the script says nothing."""
        scripted = self._take()
        if scripted and scripted.tools:
            return tuple(tool.call() for tool in scripted.tools)
        if scripted and scripted.tool:
            return scripted.tool.call()
        if scripted and scripted.say is not None:
            return Say(scripted.say)
        return otherwise.answer(turn)

    def _take(self) -> ScriptedTurn | None:
        if not self._turns or (self._turns[0].heard is not None and not self._heard):
            return None
        self._heard = False
        taken = self._turns.popleft()
        if (taken.tool or taken.tools) and taken.say is not None:
            self._turns.appendleft(ScriptedTurn(say=taken.say))
        return taken
