"""The responses of a session: one at a time in the conversation, any number out of band."""

import asyncio

from standins.openai.client_events import ResponseRequest
from standins.openai.context import SessionContext
from standins.openai.conversation import Entry, new_entry
from standins.openai.errors import ApiError
from standins.openai.items import ItemReference
from standins.openai.output_audio import Interruption
from standins.openai.response import Response, ResponseSettings
from standins.openai.session_config import RealtimeConfig
from standins.openai.usage import Tokens

REQUESTS_PER_MINUTE = 5000
TOKENS_PER_MINUTE = 400_000
RESET_SECONDS = 60.0


class Responses:
    """Starts, cancels and interrupts responses."""

    def __init__(self, context: SessionContext) -> None:
        self._context = context
        self._running: dict[Response, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_read = Tokens()

    @property
    def active(self) -> Response | None:
        return next((response for response in self._running if response.in_conversation), None)

    def create(self, request: ResponseRequest) -> None:
        """Start a response; raises ApiError when the conversation already has an active one."""
        settings = ResponseSettings.of(request, self._realtime_config())
        entries = self._entries(request)
        if request.conversation == "auto" and self.active:
            message = f"Conversation already has an active response in progress: {self.active.id}."
            raise ApiError("conversation_already_has_active_response", message)
        response = Response(request, settings, self._context, entries)
        response.cached_before = self._last_read
        response.on_finished = lambda: self._ended(response)
        response.announce()
        self._running[response] = self._start(response)

    def cancel(self, response_id: str | None, reason: str = "client_cancelled") -> None:
        """End the response named, or the active one; raises ApiError when it is not running."""
        response = self._find(response_id)
        if response is None:
            raise ApiError("response_cancel_not_active", "Cancellation failed: no active response found.")
        self._stop(response, reason)

    def interrupt(self) -> None:
        """Barge-in: stop playing, end the active response, and forget what was not heard."""
        cut = self._context.output.interrupt()
        if self.active:
            self._stop(self.active, "turn_detected")
        if cut:
            self._forget_unheard(cut)

    def clear_output(self) -> None:
        """Stop playing at the client's wish; the response itself goes on until it is cancelled."""
        cut = self._context.output.interrupt()
        if cut:
            self._forget_unheard(cut)

    def _forget_unheard(self, cut: Interruption) -> None:
        if not self._context.conversation.has_audio(cut.item_id):
            return
        self._context.conversation.truncate(cut.item_id, cut.played_ms)
        place = {"item_id": cut.item_id, "content_index": 0, "audio_end_ms": cut.played_ms}
        self._context.bus.emit("conversation.item.truncated", **place)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, response: Response) -> asyncio.Task[None]:
        task = asyncio.create_task(response.run(), name=f"response {response.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _stop(self, response: Response, reason: str) -> None:
        self._running[response].cancel()
        response.finish("cancelled", reason=reason)

    def _ended(self, response: Response) -> None:
        """A response that is done makes room for the next one at once, before its last event is read."""
        del self._running[response]
        if response.in_conversation:
            self._last_read = response.read
        self._emit_rate_limits(response.read.total)

    def _emit_rate_limits(self, tokens: int) -> None:
        remaining = {"requests": REQUESTS_PER_MINUTE - 1, "tokens": max(0, TOKENS_PER_MINUTE - tokens)}
        limits = {"requests": REQUESTS_PER_MINUTE, "tokens": TOKENS_PER_MINUTE}
        self._context.bus.emit(
            "rate_limits.updated",
            rate_limits=[
                {"name": name, "limit": limits[name], "remaining": left, "reset_seconds": RESET_SECONDS}
                for name, left in remaining.items()
            ],
        )

    def _find(self, response_id: str | None) -> Response | None:
        if response_id is None:
            return self.active
        return next((response for response in self._running if response.id == response_id), None)

    def _entries(self, request: ResponseRequest) -> list[Entry]:
        if request.input is None:
            return list(self._context.conversation)
        return [
            self._context.conversation.get(item.id, "reference")
            if isinstance(item, ItemReference)
            else new_entry(item.model_dump())
            for item in request.input
        ]

    def _realtime_config(self) -> RealtimeConfig:
        if isinstance(self._context.config, RealtimeConfig):
            return self._context.config
        raise ApiError("invalid_value", "A transcription session has no responses.", param="type")
