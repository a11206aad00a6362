"""NAME=value files, project.env first of all: the one reader, for Python, and run as a program for Bash.

`python3 scripts/common/env_file.py FILE` prints what the file says, one NAME=value a line, or why it cannot be read.
Standard library only: scripts ask it before anything is installed.
"""

import codecs
import re
import sys
from pathlib import Path

NAME = re.compile(r"[A-Z_][A-Z0-9_]*")
RESAVE = "Save it again as plain text in UTF-8"
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # UTF-32 begins with the first of these too


class UnreadableFile(ValueError):
    """What is wrong with the file, a sentence without its full stop, and what to do."""

    def __init__(self, happened: str, todo: str) -> None:
        super().__init__(f"{happened}. {todo}.")
        self.happened, self.todo = happened, todo


def read_env(file: Path) -> dict[str, str]:
    """A value may be quoted; # starts a comment line; every system's line ends will do. Raises UnreadableFile."""
    values = {}
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        name, equals, value = line.strip().partition("=")
        if not name or name.startswith("#"):
            continue
        if not equals or not NAME.fullmatch(name) or "$" in value:
            raise UnreadableFile(f"Line {number} of {file.name} is not NAME=value", "Correct it")
        values[name] = value.strip().strip("\"'")
    return values


def read_text(file: Path) -> str:
    """UTF-8, with or without a byte order mark; the line ends as they are."""
    try:
        content = file.read_bytes()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise UnreadableFile(f"The file {file} cannot be read: {why}", "Name another one") from None
    if content.startswith(WIDE) or b"\0" in content:
        raise UnreadableFile(f"{file.name} is in UTF-16, as some editors on Windows write, and not in UTF-8", RESAVE)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{file.name} is not in UTF-8: see byte {error.start}", RESAVE) from None


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
