"""What a watch does for a phone call beside watching it: the first word, and transfers to a named target."""

import json
from typing import Any

from voicemint.agents.agent import Agent
from voicemint.agents.call_mode import CallMode
from voicemint.agents.phone_table import PhonePolicy
from voicemint.calls.call import KnownCall
from voicemint.cloud_logging import logger
from voicemint.errors import UpstreamError
from voicemint.openai.api import OpenAIApi

FIRST_WORD = "first word"  # said once a call, whoever else watches


def watched_config(call: KnownCall, agent: Agent) -> dict[str, Any]:
    """The session config that the call was opened with."""
    config = agent.session_config()
    line = line_of(call, agent)
    return config if line is None else line.session_config(config)


def line_of(call: KnownCall, agent: Agent) -> PhonePolicy | None:
    """The line that the call came in on; None for a call that is none of a telephone."""
    return agent.phone if call.setup == CallMode.PHONE else None


def first_word(agent: Agent) -> tuple[dict[str, Any], ...]:
    """The events that let the agent greet: on the telephone there is no page that does."""
    content = [{"type": "input_text", "text": agent.greeting}]
    message = {"type": "message", "role": "system", "content": content}
    return {"type": "conversation.item.create", "item": message}, {"type": "response.create"}


def transfer(openai: OpenAIApi, call: KnownCall, line: PhonePolicy, arguments: str) -> str:
    """Transfer the call to where the model asks, of the line's own names; returns what the model is told, in JSON."""
    target = line.transfer_target(arguments)
    if target is None:
        return json.dumps({"error": f"There is no such target. Expected one of: {', '.join(sorted(line.transfers))}."})
    try:
        done = openai.refer(call.call_id, target)
    except UpstreamError as error:
        logger.warning("a phone call could not be transferred", extra={"fields": {"code": error.code}})
        return json.dumps({"error": "The transfer failed. Apologise, and offer to take a message."})
    return json.dumps({"transferred": done})
