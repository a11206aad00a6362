"""A voice agent, and the session config that is sent to OpenAI.

Source of the session config's shape: OpenAI API reference, POST /v1/realtime/client_secrets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voicemint.agents.call_mode import CallMode
from voicemint.agents.handoffs import Handoff
from voicemint.agents.page_tools import described
from voicemint.agents.server_tools import SERVER_TOOLS
from voicemint.errors import UnknownAgent, UnknownVoice

if TYPE_CHECKING:
    from voicemint.agents.phone_table import PhonePolicy

DEFAULT_AGENT = "assistant"

VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")

CLIENT_SECRET, UNIFIED = CallMode.CLIENT_SECRET, CallMode.UNIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent's file. Fields without a default are required.

    name             the file's own name, without .toml
    setup            who posts the SDP offer to OpenAI: the page with a client secret, or the server (unified)
    max_call_cents   what a call may cost (US cents, by prices.json) before the server hangs it up
    server_tools     names in server_tools.py; with `unified` only, because there the server writes the session
    page_tools       names in page_tools.json, run by the page; left out on the telephone
    handoffs         the agents to which it may hand a call over; the page does it: handoffs.py
    description      what it is for; agents that may hand over to it read this
    phone            which phone calls it answers: phone_table.py; without it, none
    """

    name: str
    label: str
    instructions: str
    greeting: str
    model: str
    voice: str
    max_call_minutes: int
    languages: tuple[str, ...] = ()
    turn_detection: Mapping[str, Any] | None = None
    noise_reduction: str = "near_field"
    transcription: str = "gpt-transcribe"
    setup: CallMode = CLIENT_SECRET
    max_call_cents: int = 300
    server_tools: tuple[str, ...] = ()
    page_tools: tuple[str, ...] = ()
    handoffs: tuple[Handoff, ...] = ()
    description: str = ""
    phone: "PhonePolicy | None" = None

    def session_config(self, voice: str | None = None) -> dict[str, Any]:
        """What is sent to OpenAI as `session`; `voice` replaces the agent's own. Raises UnknownVoice."""
        if voice is not None and voice not in VOICES:
            raise UnknownVoice(f"This voice does not exist. Choose one of: {', '.join(VOICES)}.")
        config: dict[str, Any] = {
            "type": "realtime",
            "model": self.model,
            "instructions": self.instructions,
            "output_modalities": ["audio"],
            "audio": {"input": self._audio_input(), "output": {"voice": voice or self.voice}},
        }
        tools = [SERVER_TOOLS[name].described(name) for name in self.server_tools]
        tools += [described(name) for name in self.page_tools]
        tools += [handoff.described() for handoff in self.handoffs]
        return {**config, "tools": tools} if tools else config

    def call_seconds(self, at_most: int) -> int:
        """How long one call may take: `at_most` is the owner's limit for all agents."""
        return min(self.max_call_minutes * 60, at_most)

    def _audio_input(self) -> dict[str, Any]:
        transcription: dict[str, Any] = {"model": self.transcription}
        if self.languages:
            transcription["languages"] = list(self.languages)
        noise_reduction = None if self.noise_reduction == "off" else {"type": self.noise_reduction}
        audio_input: dict[str, Any] = {"noise_reduction": noise_reduction, "transcription": transcription}
        if self.turn_detection is not None:
            audio_input["turn_detection"] = dict(self.turn_detection)
        return audio_input


def choose(agents: Mapping[str, Agent], name: str | None, setup: CallMode | None = None) -> Agent:
    """The agent of that name, or the default one; with `setup`, only one that is set up so. Raises UnknownAgent."""
    agent = agents.get(DEFAULT_AGENT if name is None else name)
    if agent is None or setup not in (None, agent.setup):
        raise UnknownAgent
    return agent
