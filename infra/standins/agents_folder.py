"""A copy of the shipped agents, the default one set up the one way or the other."""

import re
import shutil
from pathlib import Path

from voicemint.agents.agent import DEFAULT_AGENT
from voicemint.agents.files import AGENTS_FOLDER

SETUP = re.compile(r'^setup = "[a-z-]+"$', re.MULTILINE)


class SetupNotSaidError(Exception):
    """The default agent's file lacks the line that says who opens its calls: nothing would have been changed."""


def agents_with(folder: Path, setup: str) -> Path:
    """Makes `folder`, with a copy of functions/agents whose default agent has that `setup`; returns it.

    Raises SetupNotSaidError.
    """
    shutil.copytree(AGENTS_FOLDER, folder)
    file = folder / f"{DEFAULT_AGENT}.toml"
    text, count = SETUP.subn(f'setup = "{setup}"', file.read_text())
    if count != 1:
        raise SetupNotSaidError(f'{file.name}: expected one line setup = "…"; found {count}')
    file.write_text(text)
    return folder
