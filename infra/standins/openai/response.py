"""One response, from `response.created` to `response.done`."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from standins.openai.client_events import ResponseRequest
from standins.openai.context import SessionContext
from standins.openai.conversation import Entry
from standins.openai.conversationalist import Answer, Say, SayNothing, Turn
from standins.openai.ids import new_id
from standins.openai.response_items import FunctionCallWriter, MessageWriter, OutOfTokensError, Sound, SpokenWriter
from standins.openai.session_config import RealtimeConfig, VoiceId
from standins.openai.tool_use import FunctionCall
from standins.openai.tools import Tool, ToolChoice
from standins.openai.usage import Tokens, count_input, response_usage
from standins.values import Json

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ResponseSettings:
    """The session config as one response sees it: the request's own values win."""

    modality: str
    instructions: str
    tools: list[Tool]
    tool_choice: ToolChoice
    max_output_tokens: int | None
    sound: Sound

    @staticmethod
    def of(request: ResponseRequest, config: RealtimeConfig) -> "ResponseSettings":
        limit = request.max_output_tokens or config.max_output_tokens
        asked, usual = request.audio.output, config.audio.output
        voice = asked.voice or usual.voice
        return ResponseSettings(
            modality=(request.output_modalities or config.output_modalities)[0],
            instructions=config.instructions if request.instructions is None else request.instructions,
            tools=config.tools if request.tools is None else request.tools,
            tool_choice=request.tool_choice or config.tool_choice,
            max_output_tokens=None if limit == "inf" else limit,
            sound=Sound(
                voice=voice.id if isinstance(voice, VoiceId) else voice,
                speed=usual.speed,
                format=(asked.format or usual.format).model_dump(),
            ),
        )


class Response:
    """Writes its output items; can be cancelled at any moment, which ends it at once with all closing events."""

    def __init__(
        self, request: ResponseRequest, settings: ResponseSettings, context: SessionContext, entries: list[Entry]
    ) -> None:
        self.id = new_id("resp")
        self.in_conversation = request.conversation == "auto"
        self.status = "in_progress"
        self.read = Tokens()
        self.cached_before = Tokens()
        self.on_finished: Callable[[], None] = lambda: None
        self._metadata = request.metadata
        self._settings = settings
        self._context = context
        self._entries = entries
        self._output: list[Json] = []
        self._written = Tokens()
        self._open: FunctionCallWriter | MessageWriter | None = None
        self._details: Json | None = None

    def announce(self) -> None:
        self._context.bus.emit("response.created", response=self._described(usage=None))

    async def run(self) -> None:
        """Answer the turn; whatever happens, the response ends with `response.done`."""
        try:
            await self._write(await self._answer())
        except OutOfTokensError:
            self.finish("incomplete", reason="max_output_tokens")
        except Exception:
            logger.exception("The stand-in could not answer")
            error = {"type": "server_error", "code": "server_error", "message": "The stand-in could not answer."}
            self.finish("failed", error=error)
        else:
            self.finish("completed")

    def finish(self, status: str, **details: Any) -> None:
        """End the response once; later calls change nothing."""
        if self.status != "in_progress":
            return
        self.status = status
        if self._open:
            self._close_item("completed" if status == "completed" else "incomplete")
        self._context.output.end(self.id)
        self._details = {"type": status, **details} if details else None
        usage = response_usage(self.read, self.read.cached_part(self.cached_before), self._written)
        self._context.bus.emit("response.done", response=self._described(usage))
        self.on_finished()

    async def _answer(self) -> Answer:
        await _all_heard(self._entries)
        tools = [tool.model_dump() for tool in self._settings.tools]
        self.read = count_input(self._entries, self._settings.instructions, tools)
        settings, introduced = self._settings, self._context.introduced
        turn = Turn(self._entries, settings.tools, settings.tool_choice, introduced, settings.instructions)
        faculties = self._context.faculties
        return faculties.script.answer(turn, otherwise=faculties.conversationalist)

    async def _write(self, answer: Answer) -> None:
        if isinstance(answer, Say):
            await self._say(answer)
            self._close_item("completed")
        elif not isinstance(answer, SayNothing):
            for call in answer if isinstance(answer, tuple) else (answer,):
                self._call(call)
                self._close_item("completed")

    def _call(self, call: FunctionCall) -> None:
        writer = FunctionCallWriter(self._context, call, self.id, len(self._output), self.in_conversation)
        self._open = writer
        writer.write()

    async def _say(self, answer: Say) -> None:
        self._context.introduced = True
        settings = self._settings
        place = (self._context, self.id, len(self._output), self.in_conversation)
        spoken = settings.modality == "audio"
        writer = SpokenWriter(*place, settings.sound) if spoken else MessageWriter(*place)
        self._open = writer
        await writer.write(answer.text, settings.max_output_tokens)

    def _close_item(self, status: str) -> None:
        writer, self._open = self._open, None
        if writer is None:
            return
        self._written += writer.written
        writer.close(status)
        self._output.append(writer.entry.item)

    def _described(self, usage: Json | None) -> Json:
        settings = self._settings
        audio = {"output": {"format": settings.sound.format, "voice": settings.sound.voice}}
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": self.status,
            "status_details": self._details,
            "output": self._output,
            "conversation_id": self._context.conversation.id if self.in_conversation else None,
            "output_modalities": [settings.modality],
            "max_output_tokens": settings.max_output_tokens or "inf",
            "audio": audio,
            "usage": usage,
            "metadata": self._metadata,
        }


async def _all_heard(entries: list[Entry]) -> None:
    """Wait until recognition has finished with every spoken item; a cancelled response leaves it running."""
    pending = [entry.heard for entry in entries if entry.heard is not None]
    if pending:
        await asyncio.wait(pending)
