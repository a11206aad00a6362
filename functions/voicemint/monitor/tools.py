"""A call's tools that the server runs: which of the model's calls are ours, whose turn it is, and what comes of them.

Results ask the bucket, and may ask OpenAI: a watch has them made by its errands.
"""

from typing import Any

from voicemint.agents.agent import Agent
from voicemint.agents.handoffs import HANDOFF
from voicemint.agents.phone_table import TRANSFER_TOOL
from voicemint.agents.server_tools import UNCLAIMED, claim_of, run_tool
from voicemint.calls.call import KnownCall
from voicemint.errors import ControlUnavailable
from voicemint.google.control_bucket import ControlBucket
from voicemint.monitor.phone import line_of, transfer
from voicemint.openai.api import OpenAIApi


class CallTools:
    """Of one call, with its agent. Safe to share between threads."""

    def __init__(self, call: KnownCall, agent: Agent, openai: OpenAIApi, bucket: ControlBucket) -> None:
        self._call = call
        self._openai = openai
        self._bucket = bucket
        self._line = line_of(call, agent)
        handoffs = [HANDOFF + handoff.name for handoff in agent.handoffs]
        self._ours = agent.server_tools if self._line is None else (*agent.server_tools, TRANSFER_TOOL)
        self._of_the_page = (*agent.page_tools, *handoffs) if self._line is None else ()

    def asked(self, event: dict[str, Any]) -> tuple[list[dict[str, Any]], bool]:
        """The calls of ours that a response's end holds; and whether there are none of the page's beside them."""
        response = event.get("response")
        output = response.get("output") if isinstance(response, dict) else None
        asked = [item for item in output or () if _is_call_of(item, self._ours)]
        return asked, not any(_is_call_of(item, self._of_the_page) for item in output or ())

    def results(self, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The results of those that fall to us."""
        return [
            {"type": "function_call_output", "call_id": item["call_id"], "output": self._result(item, is_ours)}
            for item in asked
            if (is_ours := self.claim(str(item["call_id"]))) is not False
        ]

    def claim(self, what: str) -> bool | None:
        """Whether it falls to us, of all that watch this call; None where the bucket does not say."""
        name, content = claim_of(self._call.call_id, what)
        try:
            return self._bucket.create(name, content)
        except ControlUnavailable:
            return None

    def _result(self, item: dict[str, Any], is_ours: bool | None) -> str:
        """Where the bucket does not say whose it is, the tool is not run: the model is told that it failed."""
        name, arguments = str(item["name"]), str(item.get("arguments") or "")
        if not is_ours:
            return UNCLAIMED
        if self._line is not None and name == TRANSFER_TOOL:
            return transfer(self._openai, self._call, self._line, arguments)
        return run_tool(name, arguments)


def _is_call_of(item: object, tools: tuple[str, ...]) -> bool:
    """Whether it can be answered: OpenAI may leave fields out."""
    if not isinstance(item, dict) or item.get("type") != "function_call" or not item.get("call_id"):
        return False
    return item.get("name") in tools
