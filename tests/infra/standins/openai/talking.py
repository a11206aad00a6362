"""A session without a transport, and the client events tests send to it."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from standins.openai.audio import FRAME_BYTES, ms_to_bytes
from standins.openai.context import Faculties
from standins.openai.conversationalist import RuleBased
from standins.openai.knobs import Knobs
from standins.openai.output_audio import PlaybackBuffer, Silence
from standins.openai.script import Script, parse_scenario
from standins.openai.session import Session
from standins.openai.session_config import parse_session

from .listening import Listener

NOW = datetime(2026, 11, 21, 15, 4, tzinfo=UTC)
SPOKEN_MS_PER_WORD = 200
UNPACED_SECONDS = 3600.0
LOUD = b"\x00\x20\x00\xe0" * (ms_to_bytes(600) // 4)
QUIET = bytes(ms_to_bytes(1000))


class Hearing:
    """Hears whatever the test says was said."""

    def __init__(self, heard: str = "hello there") -> None:
        self.heard = heard
        self.likely: list[str] = []

    async def recognize(self, pcm: bytes, likely: Sequence[str] = ()) -> str:
        self.likely = list(likely)
        return self.heard if pcm else ""

    async def warm_up(self) -> None:
        pass

    async def close(self) -> None:
        pass


def hum(text: str, voice: str, speed: float) -> bytes:
    """Audio as long as the text, without a synthesiser."""
    return b"\x00\x10" * (ms_to_bytes(SPOKEN_MS_PER_WORD * len(text.split())) // 2)


def text_item(text: str, role: str = "user", **more: Any) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": [{"type": "input_text", "text": text}], **more}


Synthesize = Callable[[str, str, float], bytes]


class Talk:
    """A session under test: `send` client events, look at `listener`."""

    def __init__(
        self, listener: Listener, heard: str = "hello there", synthesize: Synthesize = hum, **knobs: Any
    ) -> None:
        self.listener = listener
        self.script = Script([])
        self.hearing = Hearing(heard)
        self.knobs = Knobs(**{"now": lambda: NOW, "max_lead_seconds": UNPACED_SECONDS, **knobs})
        faculties = Faculties(self.hearing, synthesize, RuleBased(self.knobs.now), self.script)
        self.session = Session(parse_session({"type": "realtime"}), faculties, self.knobs)
        self.playback = PlaybackBuffer(self.session.bus.emit, self.knobs.max_lead_seconds, self.session.expect_speech)
        self.session.speak_into(Silence())
        self.session.bus.attach(listener)

    def play_on_track(self) -> None:
        self.session.speak_into(self.playback)

    def script_turns(self, *turns: dict[str, Any]) -> None:
        self.script.extend(parse_scenario({"turns": list(turns)}))

    def send(self, type_: str, **fields: Any) -> None:
        self.session.receive(json.dumps({"type": type_, **fields}), self.listener)

    def update(self, **session: Any) -> None:
        self.send("session.update", session={"type": "realtime", **session})

    def write(self, text: str, **more: Any) -> None:
        self.send("conversation.item.create", item=text_item(text, **more))

    async def respond(self, **response: Any) -> dict[str, Any]:
        """Ask for a response and return it when it is done."""
        done = len(self.listener.all("response.done"))
        self.send("response.create", response=response)
        return dict((await self.listener.wait_for("response.done", done + 1))["response"])

    async def ask(self, text: str, **response: Any) -> str:
        """Write one message and return what is answered, as text."""
        self.write(text)
        await self.respond(output_modalities=["text"], **response)
        return self.listener.said()

    async def play(self, milliseconds: int) -> bytes:
        """Pull audio as a track would, and let the session go on in between."""
        heard = bytearray()
        for _ in range(milliseconds // 20):
            heard += self.playback.read(FRAME_BYTES)
            await asyncio.sleep(0)
        return bytes(heard)
