"""When a sentence asks for a configured function, and with which arguments."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from standins.openai.number_words import with_digits
from standins.openai.tools import FunctionTool
from standins.values import Json

_STOP_WORDS = """
    a an and are at by can current do for from get give given has have how i in is it its look me my of on or please
    return returns set tell that the this to up use user want was what when where which who will with you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
PREPOSITION = re.compile(r"\b(?:in|for|at|to|about|of|named|called)\s+(?P<rest>[^?.!,]+)", re.IGNORECASE)


@dataclass(frozen=True)
class FunctionCall:
    """A function the client shall run; `arguments` is a JSON object, or the text that is sent in its place."""

    name: str
    arguments: Json | str

    def arguments_json(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


def wanted_call(text: str, functions: Sequence[FunctionTool]) -> FunctionCall | None:
    """Return a call of the function that shares most words with `text`; None when none shares any."""
    asked = _words(text)
    ranked = [(len(asked & _words(_described(function))), function) for function in functions]
    shared, best = max(ranked, key=lambda pair: pair[0], default=(0, None))
    return call_of(best, text) if best and shared else None


def call_of(function: FunctionTool, text: str) -> FunctionCall:
    """Fill the function's parameters from the sentence, as well as rules can."""
    properties = (function.parameters or {}).get("properties", {})
    arguments = {name: _argument(schema, text) for name, schema in properties.items()}
    return FunctionCall(function.name, arguments)


def read_aloud(output: str) -> str:
    """Say a function's result: the members of a JSON object one after the other, anything else as it is."""
    try:
        result = json.loads(output)
    except ValueError:
        return f"The answer is: {output}"
    return f"The answer is: {_spoken(result)}."


def _spoken(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {_spoken(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(_spoken(inner) for inner in value)
    return str(value)


def _described(function: FunctionTool) -> str:
    return f"{function.name} {function.description or ''}"


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.lower())) - STOP_WORDS


def _argument(schema: Any, text: str) -> Any:
    schema = schema if isinstance(schema, dict) else {}
    if choices := schema.get("enum"):
        return next((choice for choice in choices if str(choice).lower() in text.lower()), choices[0])
    match schema.get("type"):
        case "integer" | "number":
            number = re.search(r"\d+", with_digits(text.lower()))
            return int(number[0]) if number else 0
        case "boolean":
            return True
        case "array":
            return []
        case "object":
            return {}
        case _:
            named = PREPOSITION.search(text)
            return (named["rest"] if named else text).strip()
