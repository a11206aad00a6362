"""Client events, strictly read. Source: openai 3.52.0 `types/realtime/realtime_client_event.py`."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, field_validator

from standins.openai.errors import ApiError
from standins.openai.items import InputItem, NewItem
from standins.openai.session_config import (
    AudioFormat,
    MaxOutputTokens,
    Modalities,
    Prompt,
    Reasoning,
    VoiceId,
    check_voice,
)
from standins.openai.tools import Tool, ToolChoice
from standins.openai.validation import Strict, parse
from standins.values import Json

MAX_AUDIO_CHUNK_BYTES = 15 * 1024 * 1024
MetadataValue = Annotated[str, Field(max_length=512)]
MetadataKey = Annotated[str, Field(max_length=64)]


class ClientEvent(Strict):
    type: str
    event_id: str | None = Field(default=None, max_length=512)


class SessionUpdate(ClientEvent):
    session: dict[str, Any]


class ItemCreate(ClientEvent):
    item: NewItem
    previous_item_id: str | None = None


class ItemRetrieve(ClientEvent):
    item_id: str


class ItemDelete(ClientEvent):
    item_id: str


class ItemTruncate(ClientEvent):
    item_id: str
    content_index: Literal[0]
    audio_end_ms: int = Field(ge=0)


class ResponseOutput(Strict):
    voice: str | VoiceId | None = None
    format: AudioFormat | None = None

    @field_validator("voice")
    @classmethod
    def _known(cls, voice: str | VoiceId | None) -> str | VoiceId | None:
        return voice if voice is None else check_voice(voice)


class ResponseAudio(Strict):
    output: ResponseOutput = ResponseOutput()


class ResponseRequest(Strict):
    """What one response does differently from the session config; None means "as the session says"."""

    conversation: Literal["auto", "none"] = "auto"
    input: list[InputItem] | None = None
    instructions: str | None = None
    output_modalities: Modalities | None = None
    metadata: dict[MetadataKey, MetadataValue] | None = Field(default=None, max_length=16)
    tools: list[Tool] | None = None
    tool_choice: ToolChoice | None = None
    max_output_tokens: MaxOutputTokens | None = None
    audio: ResponseAudio = ResponseAudio()
    reasoning: Reasoning | None = None
    parallel_tool_calls: bool | None = None
    prompt: Prompt | None = None


class ResponseCreate(ClientEvent):
    response: ResponseRequest = ResponseRequest()


class ResponseCancel(ClientEvent):
    response_id: str | None = None


class AudioAppend(ClientEvent):
    audio: str = Field(max_length=MAX_AUDIO_CHUNK_BYTES * 4 // 3 + 4)


class AudioCommit(ClientEvent):
    pass


class AudioClear(ClientEvent):
    pass


class OutputAudioClear(ClientEvent):
    pass


CLIENT_EVENTS: dict[str, type[ClientEvent]] = {
    "session.update": SessionUpdate,
    "conversation.item.create": ItemCreate,
    "conversation.item.retrieve": ItemRetrieve,
    "conversation.item.delete": ItemDelete,
    "conversation.item.truncate": ItemTruncate,
    "response.create": ResponseCreate,
    "response.cancel": ResponseCancel,
    "input_audio_buffer.append": AudioAppend,
    "input_audio_buffer.commit": AudioCommit,
    "input_audio_buffer.clear": AudioClear,
    "output_audio_buffer.clear": OutputAudioClear,
}
_ADAPTERS: dict[str, TypeAdapter[ClientEvent]] = {name: TypeAdapter(model) for name, model in CLIENT_EVENTS.items()}


def parse_client_event(event: Json) -> ClientEvent:
    """Read one client event; raises ApiError with the code and parameter OpenAI would name."""
    name = event.get("type")
    if name is None:
        raise ApiError("missing_required_parameter", "Missing required parameter: 'type'.", param="type")
    if not isinstance(name, str) or name not in _ADAPTERS:
        supported = ", ".join(f"'{known}'" for known in CLIENT_EVENTS)
        message = f"Invalid value: '{name}'. Supported values are: {supported}."
        raise ApiError("invalid_value", message, param="type")
    return parse(_ADAPTERS[name], event)
