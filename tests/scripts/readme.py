"""The README's commands and what it says that they print: its ```sh blocks, each with the ```text block after it."""

import re
from pathlib import Path

README = (Path(__file__).parents[2] / "README.md").read_text()
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WITH_OUTPUT = re.compile(r"^```sh\n([^\n]*)\n```\n\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LEFT_OUT = "…"
PROVISIONING = "On your own project"


def commands(text: str) -> list[str]:
    return [line for block in FENCED.findall(text) for line in block.splitlines()]


def section(heading: str) -> str:
    """Raises StopIteration for a heading that is not there."""
    starts = [found.start() for found in HEADING.finditer(README)] + [len(README)]
    begin = next(found.start() for found in HEADING.finditer(README) if found[1] == heading)
    return README[begin : starts[starts.index(begin) + 1]]


def not_printed(command: str, printed: str) -> list[str]:
    """What the README says that a command prints, and it does not; LEFT_OUT stands for anything."""
    pieces = [piece for text in OUTPUTS[command].splitlines() for piece in text.split(LEFT_OUT)]
    return [piece for piece in pieces if piece.strip() not in printed]


COMMANDS = commands(README)
OUTPUTS = dict(WITH_OUTPUT.findall(README))
OF_A_PROJECT = commands(section(PROVISIONING))
