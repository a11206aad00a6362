"""The command line of a script, as scripts/options.sh judges it too: one sentence, and exit code 2."""

import argparse
from typing import NoReturn


class CommandLine(argparse.ArgumentParser):
    """`script` is the command that people type: scripts/NAME.sh, whose header is the help."""

    def __init__(self, script: str) -> None:
        super().__init__(prog=script, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """argparse would print its own usage, which says less than the script's help."""
        self.exit(2, f"error: {message.rstrip('.')}. See {self.prog} --help\n")
