"""Keeps a call's instructions and tools what the agent's file says, where the server opened the call.

The browser's data channel accepts `session.update` whatever the server wants; but OpenAI tells every connection of the
call of it, so the sideband sees it and puts it right. What a client writes into a single `response.create` is not told.
"""

from typing import Any

MAX_CORRECTIONS = 5


class SessionGuard:
    """For one call. `config` is the session config that the call was opened with."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._instructions: str = config["instructions"]
        self._tools: list[dict[str, Any]] = config.get("tools", [])
        self.corrections = 0

    @property
    def update(self) -> dict[str, Any]:
        """The event that puts the session right."""
        session = {"type": "realtime", "instructions": self._instructions, "tools": self._tools}
        return {"type": "session.update", "session": session}

    def is_changed(self, event: dict[str, Any]) -> bool:
        """Whether an event of OpenAI's says that instructions or tools are not the agent's."""
        if event.get("type") != "session.updated":
            return False
        told = event.get("session")
        if not isinstance(told, dict):
            return True
        return _words(told.get("instructions")) != _words(self._instructions) or not self._are_ours(told.get("tools"))

    def correct(self) -> dict[str, Any]:
        """The event that puts the session right; counted."""
        self.corrections += 1
        return self.update

    @property
    def holds(self) -> bool:
        """False where a client does not let go."""
        return self.corrections <= MAX_CORRECTIONS

    def _are_ours(self, tools: object) -> bool:
        """Exactly ours; OpenAI may add fields of its own to each."""
        if not tools:
            return not self._tools
        return (
            isinstance(tools, list)
            and len(tools) == len(self._tools)
            and all(any(_has(tool, ours) for tool in tools) for ours in self._tools)
        )


def _has(tool: object, fields: dict[str, Any]) -> bool:
    return isinstance(tool, dict) and all(tool.get(name) == value for name, value in fields.items())


def _words(text: object) -> list[str]:
    return text.split() if isinstance(text, str) else []
