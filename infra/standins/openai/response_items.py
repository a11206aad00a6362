"""The output items of a response, each written with its events in the documented order."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

from standins.openai.audio import BYTES_PER_SAMPLE, bytes_to_ms
from standins.openai.context import SessionContext
from standins.openai.conversation import Entry, new_entry
from standins.openai.ids import new_id
from standins.openai.output_audio import Part
from standins.openai.tool_use import FunctionCall
from standins.openai.usage import Tokens, count_spoken, count_text
from standins.values import Json

SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
WORD = re.compile(r"\S+\s*")


@dataclass(frozen=True)
class Sound:
    """How an answer sounds: voice, speed (1.0 is usual), and the format it is sent in."""

    voice: str
    speed: float
    format: Json


class OutOfTokensError(Exception):
    """The response reached its `max_output_tokens`."""


class Writer(Protocol):
    """An output item being written. `close` may come at any time after `open`, and once."""

    entry: Entry

    @property
    def written(self) -> Tokens: ...

    def close(self, status: str) -> None: ...


class ItemWriter:
    """Opens and closes one output item; out-of-band items never enter the conversation."""

    def __init__(self, context: SessionContext, entry: Entry, part: Part, in_conversation: bool) -> None:
        self.entry = entry
        self._context = context
        self._part = part
        self._in_conversation = in_conversation
        self._previous_id: str | None = None
        self._emit = context.bus.emit

    def open(self) -> None:
        self._emit("response.output_item.added", **self._place(), item=self.entry.item)
        if self._in_conversation:
            self._previous_id = self._context.conversation.insert(self.entry)
            self._emit_item("conversation.item.added")

    def close(self, status: str) -> None:
        self.entry.item["status"] = status
        if self._in_conversation:
            self._emit_item("conversation.item.done")
        self._emit("response.output_item.done", **self._place(), item=self.entry.item)

    def _emit_item(self, type_: str) -> None:
        self._emit(type_, previous_item_id=self._previous_id, item=self.entry.item)

    def _place(self) -> Json:
        return {"response_id": self._part.response_id, "output_index": self._part.output_index}


class FunctionCallWriter(ItemWriter):
    """A call of one of the client's functions."""

    def __init__(
        self, context: SessionContext, call: FunctionCall, response_id: str, index: int, in_conversation: bool
    ) -> None:
        item = {"type": "function_call", "name": call.name, "call_id": new_id("call"), "arguments": ""}
        entry = new_entry({**item, "status": "in_progress"})
        super().__init__(context, entry, Part(response_id, entry.id, index), in_conversation)
        self._arguments = call.arguments_json()

    @property
    def written(self) -> Tokens:
        return Tokens(text=count_text(self.entry.item["arguments"]))

    def write(self) -> None:
        """Emit the arguments; they are short, so in one delta."""
        self.open()
        self.entry.item["arguments"] = self._arguments
        ids = {**self._place(), "item_id": self.entry.id, "call_id": self.entry.item["call_id"]}
        self._emit("response.function_call_arguments.delta", **ids, delta=self._arguments)
        name = self.entry.item["name"]
        self._emit("response.function_call_arguments.done", **ids, name=name, arguments=self._arguments)


class MessageWriter(ItemWriter):
    """An assistant message with one content part that grows word by word."""

    content_type = "output_text"
    part_type = "text"
    text_key = "text"
    delta_event = "response.output_text"

    def __init__(self, context: SessionContext, response_id: str, index: int, in_conversation: bool) -> None:
        entry = new_entry({"type": "message", "role": "assistant", "status": "in_progress", "content": []})
        super().__init__(context, entry, Part(response_id, entry.id, index), in_conversation)
        self._text = ""

    @property
    def written(self) -> Tokens:
        return Tokens(text=count_text(self._text), audio=count_spoken(self.entry.audio_ms))

    async def write(self, text: str, max_tokens: int | None) -> None:
        """Write `text`; raises OutOfTokensError before the word that would not fit."""
        self.open()
        self._emit("response.content_part.added", **self._part.ids(), part=self._content_part())
        for word in WORD.findall(text):
            self._write_word(word, count_text(self._text + word), max_tokens)

    def close(self, status: str) -> None:
        self._emit(f"{self.delta_event}.done", **self._part.ids(), **{self.text_key: self._text})
        self._emit("response.content_part.done", **self._part.ids(), part=self._content_part())
        self.entry.item["content"] = [{"type": self.content_type, self.text_key: self._text}]
        super().close(status)

    def _write_word(self, word: str, tokens: int, max_tokens: int | None) -> None:
        if max_tokens is not None and tokens > max_tokens:
            raise OutOfTokensError
        self._text += word
        self._emit(f"{self.delta_event}.delta", **self._part.ids(), delta=word)

    def _content_part(self) -> Json:
        return {"type": self.part_type, self.text_key: self._text}


class SpokenWriter(MessageWriter):
    """An assistant message that is spoken; its transcript grows with the audio."""

    content_type = "output_audio"
    part_type = "audio"
    text_key = "transcript"
    delta_event = "response.output_audio_transcript"

    def __init__(
        self, context: SessionContext, response_id: str, index: int, in_conversation: bool, sound: Sound
    ) -> None:
        super().__init__(context, response_id, index, in_conversation)
        self._sound = sound
        self._spoken_bytes = 0
        self._part = replace(self._part, audio_format=sound.format["type"])

    async def write(self, text: str, max_tokens: int | None) -> None:
        self.open()
        self._emit("response.content_part.added", **self._part.ids(), part=self._content_part())
        self._context.has_spoken = True
        synthesize = self._context.faculties.synthesize
        for sentence in SENTENCE_END.split(text):
            pcm = await asyncio.to_thread(synthesize, sentence, self._sound.voice, self._sound.speed)
            await self._speak(sentence + " ", pcm, max_tokens)

    async def _speak(self, sentence: str, pcm: bytes, max_tokens: int | None) -> None:
        words = WORD.findall(sentence)
        for word, chunk in zip(words, _slices(pcm, len(words)), strict=True):
            spoken_bytes = self._spoken_bytes + len(chunk)
            tokens = count_text(self._text + word) + count_spoken(bytes_to_ms(spoken_bytes))
            self._write_word(word, tokens, max_tokens)
            self._spoken_bytes, self.entry.audio_ms = spoken_bytes, bytes_to_ms(spoken_bytes)
            await self._context.output.write(self._part, chunk)

    def close(self, status: str) -> None:
        self._text = self._text.rstrip()
        self._emit("response.output_audio.done", **self._part.ids())
        super().close(status)


def _slices(pcm: bytes, count: int) -> Iterator[bytes]:
    """Cut audio into `count` nearly equal parts at whole samples."""
    samples = len(pcm) // BYTES_PER_SAMPLE
    cuts = [samples * place // max(count, 1) * BYTES_PER_SAMPLE for place in range(count + 1)]
    return (pcm[start:end] for start, end in pairwise(cuts))
