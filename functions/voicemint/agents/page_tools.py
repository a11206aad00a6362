"""Tools that the page runs, in the person's browser: an agent's file names them in `page_tools`.

Their descriptions for the model are in page_tools.json only, which the page's build reads too. web/src/tools/tools.ts
has their code.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from voicemint.agents.handoffs import HANDOFF

_FILE = Path(__file__).with_name("page_tools.json")


@cache
def page_tools() -> Mapping[str, Mapping[str, Any]]:
    """Every tool by name: its description, and its parameters as a JSON schema."""
    tools: Mapping[str, Mapping[str, Any]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return tools


def is_of_the_page(name: str) -> bool:
    """Whether the page runs the tool of this name. Without a page (telephone) the model must not see it."""
    return name in page_tools() or name.startswith(HANDOFF)


def described(name: str) -> dict[str, Any]:
    """The tool as a session config has it."""
    return {"type": "function", "name": name, **page_tools()[name]}
