"""Handoffs: the other agents to which an agent may hand a call over. The page does it, in a new session for each.

The model calls a function named after the agent. What it is told of it stands in that agent's file, as `label` and
`description`. web/src/tools/handoffs.ts knows the beginning of the name too; it is the Agents SDK's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voicemint.errors import AgentFileError

HANDOFF = "transfer_to_"
MAX_HANDOFFS = 8  # more functions than that, and models choose badly


@dataclass(frozen=True, slots=True)
class Handoff:
    """The agent that takes over: the name of its file, and what the other one is told of it."""

    name: str
    label: str
    description: str

    def described(self) -> dict[str, Any]:
        """The function as a session config has it."""
        return {
            "type": "function",
            "name": HANDOFF + self.name,
            "description": f"Hand the conversation over to {self.label}. {self.description}".strip(),
            "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
        }


def parse_handoffs(name: str, agents: Mapping[str, Mapping[str, Any]]) -> tuple[Handoff, ...]:
    """Those of agents/`name`.toml; `agents` are all files by their names, checked. Raises AgentFileError."""
    asked = agents[name].get("handoffs", ())
    others = [other for other in agents if other != name]
    if not all(target in others for target in asked) or len({*asked}) < len(asked) or len(asked) > MAX_HANDOFFS:
        known = ", ".join(others) or "(there is no other agent)"
        raise AgentFileError(
            f"{name}.toml", "handoffs", f" must be some of: {known}; each once, {MAX_HANDOFFS} at most."
        )
    return tuple(Handoff(target, agents[target]["label"], agents[target].get("description", "")) for target in asked)
