"""`python -m voicemint.agents.public [FOLDER]`: the public part of the agents' files, as JSON, for the page's build.

files.py alone decides what an agent's file may contain. Instructions are not in the public part, with either set-up:
the server sends them to OpenAI. Needs only Python itself.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from voicemint.agents.agent import DEFAULT_AGENT, Agent
from voicemint.agents.files import AGENTS_FOLDER, load_agents
from voicemint.errors import SettingsError


def public_agents(agents: Mapping[str, Agent]) -> list[dict[str, Any]]:
    """The default agent first, the others by name; web/src/globals.d.ts has the type."""
    ordered = sorted(agents.values(), key=lambda agent: (agent.name != DEFAULT_AGENT, agent.name))
    return [_public_part(agent) for agent in ordered]


def _public_part(agent: Agent) -> dict[str, Any]:
    return {
        "name": agent.name,
        "label": agent.label,
        "greeting": agent.greeting,
        "model": agent.model,
        "voice": agent.voice,
        "setup": agent.setup,
        "max_call_minutes": agent.max_call_minutes,
        "page_tools": agent.page_tools,
        "handoffs": [handoff.name for handoff in agent.handoffs],
    }


def main(arguments: Sequence[str]) -> int:
    try:
        agents = load_agents(Path(arguments[0]) if arguments else AGENTS_FOLDER)
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - a command speaks to the terminal
        return 1
    print(json.dumps(public_agents(agents)))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
