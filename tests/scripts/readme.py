"""The README's commands: every line of its ```sh blocks, by the heading that they stand under."""

import re
from pathlib import Path

README = (Path(__file__).parents[2] / "README.md").read_text()
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROVISIONING = "On your own project"


def commands(text: str) -> list[str]:
    return [line for block in FENCED.findall(text) for line in block.splitlines()]


def section(heading: str) -> str:
    """Raises StopIteration for a heading that is not there."""
    starts = [found.start() for found in HEADING.finditer(README)] + [len(README)]
    begin = next(found.start() for found in HEADING.finditer(README) if found[1] == heading)
    return README[begin : starts[starts.index(begin) + 1]]


COMMANDS = commands(README)
OF_A_PROJECT = commands(section(PROVISIONING))
