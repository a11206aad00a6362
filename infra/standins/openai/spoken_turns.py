"""What the person says: from microphone audio to an item with a transcript, and the answer it starts."""

import asyncio
import base64
import binascii

from standins.openai import g711
from standins.openai.audio import BYTES_PER_SAMPLE, bytes_to_ms, duration_ms, is_silent
from standins.openai.client_events import MAX_AUDIO_CHUNK_BYTES, ResponseRequest
from standins.openai.context import SessionContext
from standins.openai.conversation import Entry, new_entry
from standins.openai.errors import ApiError
from standins.openai.ids import new_id
from standins.openai.likely_phrases import likely_phrases
from standins.openai.responses import Responses
from standins.openai.session_config import RealtimeConfig, SemanticVad, ServerVad, Transcription
from standins.openai.usage import transcription_usage
from standins.openai.vad import Activity, IdleTimeout, InputAudioBuffer, SpeechStarted, sensitivity_of

MIN_COMMIT_MS = 100


class SpokenTurns:
    """Detects turns in the audio, or takes them from the client's commits."""

    def __init__(self, context: SessionContext, responses: Responses) -> None:
        self._context = context
        self._responses = responses
        self._buffer = InputAudioBuffer()
        self._item_id = new_id("item")
        self._recognitions: set[asyncio.Task[str]] = set()

    def hear(self, pcm: bytes) -> None:
        """Take microphone audio (24 kHz PCM) in."""
        detection = self._turn_detection()
        sensitivity = sensitivity_of(detection) if detection else None
        for activity in self._buffer.append(pcm, sensitivity):
            self._react(activity)

    def hear_base64(self, audio: str) -> None:
        """Take audio in as `input_audio_buffer.append` brings it: base64 of the session's input format."""
        try:
            data = base64.b64decode(audio, validate=True)
        except binascii.Error:
            raise ApiError("invalid_value", "Invalid audio: expected base64.", param="audio") from None
        pcm = g711.decode(data, self._context.config.audio.input.format.type)
        if len(data) > MAX_AUDIO_CHUNK_BYTES or len(pcm) % BYTES_PER_SAMPLE:
            message = "Invalid audio: expected at most 15 MiB of whole samples."
            raise ApiError("invalid_value", message, param="audio")
        self.hear(pcm)

    def commit(self) -> None:
        """End the turn because the client says so; it asks for the answer itself."""
        buffered_ms = bytes_to_ms(len(self._buffer))
        if buffered_ms < MIN_COMMIT_MS:
            message = (
                "Error committing input audio buffer: buffer too small. Expected at least "
                f"{MIN_COMMIT_MS}ms of audio, but buffer only has {buffered_ms}ms of audio."
            )
            raise ApiError("input_audio_buffer_commit_empty", message)
        self._commit()

    def clear(self) -> None:
        self._buffer.clear()
        self._context.bus.emit("input_audio_buffer.cleared")

    def expect_speech(self) -> None:
        self._buffer.expect_speech()

    async def close(self) -> None:
        for task in self._recognitions:
            task.cancel()
        await asyncio.gather(*self._recognitions, return_exceptions=True)

    def _turn_detection(self) -> ServerVad | SemanticVad | None:
        return self._context.config.audio.input.turn_detection

    def _react(self, activity: Activity) -> None:
        emit, item_id, detection = self._context.bus.emit, self._item_id, self._turn_detection()
        if isinstance(activity, SpeechStarted):
            start_ms = activity.audio_start_ms
            emit("input_audio_buffer.speech_started", item_id=item_id, audio_start_ms=start_ms)
            if detection and detection.interrupt_response:
                self._responses.interrupt()
            return
        is_idle = isinstance(activity, IdleTimeout)
        if isinstance(activity, IdleTimeout):
            span = {"audio_start_ms": activity.audio_start_ms, "audio_end_ms": activity.audio_end_ms}
            emit("input_audio_buffer.timeout_triggered", item_id=item_id, **span)
        else:
            end_ms = activity.audio_end_ms
            emit("input_audio_buffer.speech_stopped", item_id=item_id, audio_end_ms=end_ms)
        self._commit(is_idle=is_idle)
        if detection and detection.create_response:
            self._answer()

    def _commit(self, is_idle: bool = False) -> None:
        """Make an item of what was heard. Silence is answered only if the session asked to be told of idle time."""
        pcm, item_id = self._buffer.take(), self._item_id
        self._item_id = new_id("item")
        content = [{"type": "input_audio", "transcript": None}]
        entry = new_entry({"id": item_id, "type": "message", "role": "user", "content": content})
        entry.audio_ms = duration_ms(pcm)
        previous_id = self._context.conversation.insert(entry)
        emit = self._context.bus.emit
        emit("input_audio_buffer.committed", item_id=item_id, previous_item_id=previous_id)
        for name in ("added", "done"):
            emit(f"conversation.item.{name}", previous_item_id=previous_id, item=entry.item)
        self._start_recognition(entry, pcm, is_idle)

    def _start_recognition(self, entry: Entry, pcm: bytes, is_idle: bool) -> None:
        scripted = self._context.faculties.script.heard()
        task = asyncio.create_task(self._recognize(entry, pcm, scripted), name=f"recognition {entry.id}")
        entry.heard = task
        entry.is_silent = scripted is None and not is_idle and is_silent(pcm)
        self._recognitions.add(task)
        task.add_done_callback(self._recognitions.discard)

    async def _recognize(self, entry: Entry, pcm: bytes, scripted: str | None) -> str:
        transcription = self._context.config.audio.input.transcription
        heard = scripted
        if heard is None:
            likely = likely_phrases(self._context.config)
            heard = await self._context.faculties.hearing.recognize(pcm, likely)
        if transcription:
            self._transcribed(entry, heard, transcription)
        return heard

    def _transcribed(self, entry: Entry, heard: str, transcription: Transcription) -> None:
        entry.item["content"][0]["transcript"] = heard
        emit, place = self._context.bus.emit, {"item_id": entry.id, "content_index": 0}
        if heard:
            emit("conversation.item.input_audio_transcription.delta", **place, delta=heard)
        usage = transcription_usage(transcription.model, entry.audio_ms, heard)
        name = "conversation.item.input_audio_transcription.completed"
        emit(name, **place, transcript=heard, usage=usage)

    def _answer(self) -> None:
        if not isinstance(self._context.config, RealtimeConfig):
            return
        try:
            self._responses.create(ResponseRequest())
        except ApiError as error:
            self._context.bus.fail(error)
