"""Tools that run on the server, beside a call that watch_call watches: an agent's file names them in `server_tools`.

A tool is a function from the model's arguments to a result for the model. It must return within milliseconds, because
all monitors of a process share the threads that run tools. SERVER_TOOLS is the registry.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from voicemint.cloud_logging import logger

MAX_ARGUMENTS_BYTES = 4 * 1024
NOTHING: Mapping[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}


FAILED = {"error": "The tool failed. Say so, and continue without its result."}
UNCLAIMED = json.dumps(FAILED)  # nobody can tell whether another watch runs it


class ToolError(Exception):
    """The tool cannot do what the model asked for. The message is for the model."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class ServerTool:
    """`parameters` is a JSON schema that the model sees; `run` raises ToolError."""

    description: str
    run: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    parameters: Mapping[str, Any] = field(default_factory=lambda: NOTHING)

    def described(self, name: str) -> dict[str, Any]:
        """The tool as a session config has it."""
        return {
            "type": "function",
            "name": name,
            "description": self.description,
            "parameters": dict(self.parameters),
        }


def run_tool(name: str, arguments: str) -> str:
    """The result for the model, as JSON. If the tool fails, that is the result; nothing is raised."""
    try:
        return json.dumps(SERVER_TOOLS[name].run(_parsed(arguments)))
    except ToolError as error:
        return json.dumps({"error": error.message})
    except Exception as error:  # a tool may be anybody's; whoever waits on the line is told something
        logger.error("a tool failed", exc_info=error, extra={"fields": {"tool": name}})
        return json.dumps(FAILED)


def claim_of(call_id: str, what: str) -> tuple[str, bytes]:
    """Name and content of the object that only one watch of a call can create: it does `what`, and no other does.

    That is to answer a call of a tool, by its id, or to greet (monitor/phone.py).
    """
    digest = hashlib.sha256(what.encode()).hexdigest()[:16]
    return f"tools/{call_id}/{digest}", os.urandom(16).hex().encode()


def _parsed(arguments: str) -> Mapping[str, Any]:
    try:
        value = json.loads(arguments or "{}") if len(arguments) <= MAX_ARGUMENTS_BYTES else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ToolError("The arguments must be a JSON object.")
    return value


def current_time(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    from zoneinfo import ZoneInfo  # the mint describes tools and runs none

    zone = arguments.get("time_zone", "UTC")
    try:
        now = datetime.now(UTC).astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, TypeError, OSError):  # no such zone, a path, no text, a folder of zones
        raise ToolError('Expected an IANA time zone such as "Europe/Madrid".') from None
    return {"time": now.isoformat(timespec="seconds"), "weekday": f"{now:%A}", "time_zone": zone}


SERVER_TOOLS: dict[str, ServerTool] = {
    "current_time": ServerTool(
        "The current date and time.",
        current_time,
        {
            "type": "object",
            "properties": {"time_zone": {"type": "string", "description": "IANA name, for example Europe/Madrid"}},
            "additionalProperties": False,
        },
    )
}
