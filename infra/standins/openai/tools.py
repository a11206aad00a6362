"""Tools of a session: functions the client runs, and MCP servers (accepted, echoed, never reached)."""

from typing import Annotated, Any, Literal

from pydantic import Field

from standins.openai.validation import Sparse


class FunctionTool(Sparse):
    type: Literal["function"]
    name: str = Field(min_length=1, max_length=64)
    description: str | None = None
    parameters: dict[str, Any] | None = None


class McpTool(Sparse):
    type: Literal["mcp"]
    server_label: str
    server_url: str | None = None
    connector_id: str | None = None
    tunnel_id: str | None = None
    authorization: str | None = None
    headers: dict[str, str] | None = None
    allowed_tools: list[str] | dict[str, Any] | None = None
    allowed_callers: list[Literal["direct", "programmatic"]] | None = None
    require_approval: Literal["always", "never"] | dict[str, Any] | None = None
    server_description: str | None = None
    defer_loading: bool | None = None


Tool = Annotated[FunctionTool | McpTool, Field(discriminator="type")]


class ChosenFunction(Sparse):
    type: Literal["function"]
    name: str


class ChosenMcp(Sparse):
    type: Literal["mcp"]
    server_label: str
    name: str | None = None


ToolChoice = Literal["auto", "none", "required"] | Annotated[ChosenFunction | ChosenMcp, Field(discriminator="type")]
