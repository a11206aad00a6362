"""NAME=value files, project.env first of all: the one reader, for Python, and run as a program for Bash.

`python3 scripts/common/env_file.py FILE` prints what the file says, one NAME=value a line, or why it cannot be read.
Standard library only: scripts ask it before anything is installed.
"""

import codecs
import re
import sys
from pathlib import Path

NAME = re.compile(r"[A-Z_][A-Z0-9_]*")
TODO = "Save it again as plain text in UTF-8"
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # UTF-32 begins with the first of these too


class UnreadableFile(ValueError):
    """What was expected of the file, what was found, and what to do."""

    def __init__(self, expected: str, found: str, todo: str) -> None:
        super().__init__(f"expected {expected}; found {found}. {todo}.")
        self.expected, self.found, self.todo = expected, found, todo


def read_env(file: Path) -> dict[str, str]:
    """A value may be quoted; # starts a comment line; every system's line ends will do. Raises UnreadableFile."""
    values = {}
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        name, equals, value = line.strip().partition("=")
        if not name or name.startswith("#"):
            continue
        if not equals or not NAME.fullmatch(name) or "$" in value:
            raise UnreadableFile(f"NAME=value in line {number} of {file.name}", "something else", "Correct it")
        values[name] = value.strip().strip("\"'")
    return values


def read_text(file: Path) -> str:
    """UTF-8, with or without a byte order mark; the line ends as they are."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"the file {file}", error.strerror or type(error).__name__, "Name another one") from None
    if content.startswith(WIDE) or b"\0" in content:
        raise UnreadableFile(f"{file.name} to be in UTF-8", "UTF-16, as some editors on Windows write", TODO)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{file.name} to be in UTF-8", f"another encoding at byte {error.start}", TODO) from None


def main(file: str) -> int:
    try:
        values = read_env(Path(file))
    except UnreadableFile as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for name, value in values.items():
        print(f"{name}={value}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
