"""The line of a key in a TOML file. Only an error needs it, so only an error imports it.

tomllib does not report where a key was. But the first lines of a file are a valid document whenever a statement is
complete, so tomllib itself can find the line. A second parser could disagree with it.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

MAX_LINES = 500  # each is a reading of all before it
_KEY = re.compile(r"[ \t]*([A-Za-z0-9_.-]+)[ \t]*=")


def line_of(text: str, key: str) -> int | None:
    """The line (from 1) where the statement begins that gives the dotted `key`, or else the nearest table over it."""
    for parts in _from_inside(key.split(".")):
        line = 1
        for end, values in _readable_beginnings(text):
            if _holds(values, parts):
                return line
            line = end + 1
    return None


def syntax_error(text: str, error: tomllib.TOMLDecodeError) -> tuple[int, str, str]:
    """Line, key and reason of what tomllib could not read; the key is empty where that line begins with none."""
    reason, _, place = str(error).partition(" (at ")
    found = re.match(r"line (\d+), column (\d+)", place)
    # Past the last line, what is wrong is a statement that begins further up and never ends.
    line = int(found[1]) if found else max((end for end, _ in _readable_beginnings(text)), default=0) + 1
    key = _KEY.match("\n".join(text.split("\n")[line - 1 :]))
    return line, key[1] if key else "", reason[:1].lower() + reason[1:]


def _from_inside(parts: list[str]) -> Iterator[list[str]]:
    for length in range(len(parts), 0, -1):
        yield parts[:length]


def _readable_beginnings(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """For each beginning of the file that is a valid document: its number of lines, and its content."""
    lines = text.split("\n")[:MAX_LINES]
    for end in range(len(lines) + 1):
        try:
            yield end, tomllib.loads("\n".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue


def _holds(values: Any, parts: list[str]) -> bool:
    for part in parts:
        if not isinstance(values, dict) or part not in values:
            return False
        values = values[part]
    return True
