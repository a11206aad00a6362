"""Conversation items as clients may send them.

Source: openai 3.52.0 `types/realtime/realtime_conversation_item_*.py`.
"""

from typing import Annotated, Literal

from pydantic import Field

from standins.openai.validation import Sparse

ItemStatus = Literal["completed", "incomplete", "in_progress"]


class InputText(Sparse):
    type: Literal["input_text"]
    text: str


class InputAudio(Sparse):
    type: Literal["input_audio"]
    audio: str
    transcript: str | None = None


class InputImage(Sparse):
    type: Literal["input_image"]
    image_url: str
    detail: Literal["auto", "low", "high"] | None = None


class OutputText(Sparse):
    """What the assistant said, as text: a client cannot create assistant audio, so `text` is required for both."""

    type: Literal["output_text", "output_audio"]
    text: str


class Item(Sparse):
    id: str | None = Field(default=None, min_length=1, max_length=64)
    object: Literal["realtime.item"] | None = None
    status: ItemStatus | None = None


class SystemMessage(Item):
    type: Literal["message"]
    role: Literal["system"]
    content: list[InputText] = Field(min_length=1)


class UserMessage(Item):
    type: Literal["message"]
    role: Literal["user"]
    content: list[Annotated[InputText | InputAudio | InputImage, Field(discriminator="type")]] = Field(min_length=1)


class AssistantMessage(Item):
    type: Literal["message"]
    role: Literal["assistant"]
    content: list[OutputText] = Field(min_length=1)


class FunctionCall(Item):
    type: Literal["function_call"]
    name: str
    arguments: str
    call_id: str | None = None


class FunctionCallOutput(Item):
    type: Literal["function_call_output"]
    call_id: str
    output: str


class McpApprovalResponse(Sparse):
    type: Literal["mcp_approval_response"]
    id: str
    approval_request_id: str
    approve: bool
    reason: str | None = None


class ItemReference(Sparse):
    type: Literal["item_reference"]
    id: str


Message = Annotated[SystemMessage | UserMessage | AssistantMessage, Field(discriminator="role")]
NewItem = Annotated[Message | FunctionCall | FunctionCallOutput | McpApprovalResponse, Field(discriminator="type")]
InputItem = Annotated[
    Message | FunctionCall | FunctionCallOutput | McpApprovalResponse | ItemReference,
    Field(discriminator="type"),
]
