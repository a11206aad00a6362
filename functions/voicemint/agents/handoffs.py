"""Handoffs: the other agents to which an agent may hand a call over. The page does it, in a new session for each.

The model calls a function named after the other agent. It reads that agent's `label` and `description`, from that
agent's file. The prefix of the name is the Agents SDK's; web/src/tools/handoffs.ts has it too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voicemint.errors import AgentFileError

HANDOFF = "transfer_to_"
MAX_HANDOFFS = 8  # more functions than that, and models choose badly


@dataclass(frozen=True, slots=True)
class Handoff:
    """The agent that takes over: the name of its file, and what the model reads about it."""

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
    """The handoffs of agents/`name`.toml. `agents` has the checked tables of all files. Raises AgentFileError."""
    asked = agents[name].get("handoffs", ())
    others = [other for other in agents if other != name]
    if not all(target in others for target in asked) or len({*asked}) < len(asked) or len(asked) > MAX_HANDOFFS:
        known = ", ".join(others) or "(there is no other agent)"
        raise AgentFileError(
            f"{name}.toml", "handoffs", f" must be some of: {known}; each once, {MAX_HANDOFFS} at most."
        )
    return tuple(Handoff(target, agents[target]["label"], agents[target].get("description", "")) for target in asked)
