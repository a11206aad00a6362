"""What the parts of one session share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from standins.openai.conversation import Conversation
from standins.openai.conversationalist import Conversationalist
from standins.openai.event_bus import EventBus
from standins.openai.event_faults import EventFaults
from standins.openai.output_audio import OutputAudio
from standins.openai.script import Script
from standins.openai.session_config import SessionConfig


class Hearing(Protocol):
    """Recognises speech in 24 kHz PCM. `likely` are phrases that this conversation makes likely."""

    async def recognize(self, pcm: bytes, likely: Sequence[str] = ()) -> str: ...

    async def warm_up(self) -> None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True)
class Faculties:
    """Hearing, thinking and speaking. `synthesize` blocks and runs in a thread; PCM is 24 kHz."""

    hearing: Hearing
    synthesize: Callable[[str, str, float], bytes]
    conversationalist: Conversationalist
    script: Script
    event_faults: EventFaults = field(default_factory=EventFaults)


@dataclass
class SessionContext:
    config: SessionConfig
    faculties: Faculties
    bus: EventBus
    output: OutputAudio
    conversation: Conversation = field(default_factory=Conversation)
    introduced: bool = False
    has_spoken: bool = False
