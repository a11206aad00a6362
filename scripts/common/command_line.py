"""The command line of a script, as scripts/options.sh judges it too: one sentence, and exit code 2."""

import argparse
from itertools import takewhile
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[2]


class CommandLine(argparse.ArgumentParser):
    """`script` is the command that people type: scripts/NAME.sh. Its header is the help, and the only one."""

    def __init__(self, script: str) -> None:
        super().__init__(prog=script, allow_abbrev=False)

    def format_help(self) -> str:
        _, *lines = (ROOT / self.prog).read_text(encoding="utf-8").splitlines()
        header = takewhile(lambda line: line.startswith("#"), lines)
        return "".join(f"{line.removeprefix('#').removeprefix(' ')}\n" for line in header)

    def error(self, message: str) -> NoReturn:
        """argparse would print its own usage, which says less than the script's help."""
        self.exit(2, f"error: {message.rstrip('.')}. See {self.prog} --help\n")
