"""The session config: what may be asked for, its defaults, and how an update changes it.

Source: openai 3.52.0 `types/realtime/realtime_session_create_request.py` and OpenAI's openapi.yaml.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, TypeAdapter, field_validator

from standins.openai.errors import ApiError
from standins.openai.models import DEFAULT_MODEL, check_model
from standins.openai.tools import Tool, ToolChoice
from standins.openai.validation import Sparse, Strict, parse
from standins.values import Json

VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
DEFAULT_INSTRUCTIONS = "You are a helpful assistant. Be brief and kind."
Include = Literal["item.input_audio_transcription.logprobs"]


class Pcm(Strict):
    type: Literal["audio/pcm"]
    rate: Literal[24000] = 24000


class G711(Strict):
    type: Literal["audio/pcmu", "audio/pcma"]


AudioFormat = Annotated[Pcm | G711, Field(discriminator="type")]


class ServerVad(Strict):
    nullable: ClassVar[frozenset[str]] = frozenset({"idle_timeout_ms"})
    type: Literal["server_vad"]
    threshold: float = Field(default=0.5, ge=0, le=1)
    prefix_padding_ms: int = Field(default=300, ge=0, le=5000)
    silence_duration_ms: int = Field(default=500, ge=0, le=10_000)
    idle_timeout_ms: int | None = Field(default=None, ge=5000, le=30_000)
    create_response: bool = True
    interrupt_response: bool = True


class SemanticVad(Strict):
    type: Literal["semantic_vad"]
    eagerness: Literal["low", "medium", "high", "auto"] = "auto"
    create_response: bool = True
    interrupt_response: bool = True


TurnDetection = Annotated[ServerVad | SemanticVad, Field(discriminator="type")]


class NoiseReduction(Sparse):
    type: Literal["near_field", "far_field"]
    strength: float | None = None


class Transcription(Sparse):
    model: str | None = None
    language: str | None = None
    languages: list[str] | None = None
    prompt: str | None = None
    keywords: list[str] | None = None
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None


class AudioInput(Strict):
    nullable: ClassVar[frozenset[str]] = frozenset({"noise_reduction", "transcription", "turn_detection"})
    format: AudioFormat = Pcm(type="audio/pcm")
    noise_reduction: NoiseReduction | None = None
    transcription: Transcription | None = None
    turn_detection: TurnDetection | None = ServerVad(type="server_vad")


class VoiceId(Strict):
    id: str


class AudioOutput(Strict):
    format: AudioFormat = Pcm(type="audio/pcm")
    voice: str | VoiceId = "alloy"
    speed: float = Field(default=1.0, ge=0.25, le=1.5)

    @field_validator("voice")
    @classmethod
    def _known(cls, voice: str | VoiceId) -> str | VoiceId:
        return check_voice(voice)


def check_voice(voice: str | VoiceId) -> str | VoiceId:
    """Raise ValueError unless the voice is one of the ten, or a custom voice's id."""
    if isinstance(voice, str) and voice not in VOICES:
        raise ValueError(f"expected one of {', '.join(VOICES)}")
    return voice


class Audio(Strict):
    input: AudioInput = AudioInput()
    output: AudioOutput = AudioOutput()


class Tracing(Sparse):
    workflow_name: str | None = None
    group_id: str | None = None
    metadata: dict[str, Any] | None = None


class TokenLimits(Sparse):
    post_instructions: int | None = Field(default=None, ge=0)


class RetentionRatio(Sparse):
    type: Literal["retention_ratio"]
    retention_ratio: float = Field(ge=0, le=1)
    token_limits: TokenLimits | None = None


class Reasoning(Sparse):
    effort: Literal["minimal", "low", "medium", "high", "xhigh"]


class Prompt(Sparse):
    id: str
    version: str | None = None
    variables: dict[str, Any] | None = None


MaxOutputTokens = Annotated[int, Field(ge=1, le=4096)] | Literal["inf"]
Modality = Literal["text", "audio"]
Modalities = Annotated[list[Modality], Field(min_length=1, max_length=1)]


def _spoken() -> list[Modality]:
    return ["audio"]


class RealtimeConfig(Strict):
    nullable: ClassVar[frozenset[str]] = frozenset({"tracing", "prompt", "include"})
    type: Literal["realtime"]
    model: str = DEFAULT_MODEL
    instructions: str = DEFAULT_INSTRUCTIONS
    output_modalities: Modalities = Field(default_factory=_spoken)
    tools: list[Tool] = Field(default_factory=list)
    tool_choice: ToolChoice = "auto"
    max_output_tokens: MaxOutputTokens = "inf"
    tracing: Literal["auto"] | Tracing | None = None
    truncation: Literal["auto", "disabled"] | RetentionRatio = "auto"
    prompt: Prompt | None = None
    include: list[Include] | None = None
    reasoning: Reasoning | None = None
    parallel_tool_calls: bool | None = None
    audio: Audio = Audio()

    def echo(self) -> Json:
        """The whole config as `session.created`/`session.updated` show it."""
        config = self.model_dump(mode="json")
        for key in ("reasoning", "parallel_tool_calls"):
            if config[key] is None:
                del config[key]
        return config


class TranscriptionAudio(Strict):
    input: AudioInput = AudioInput(transcription=Transcription(model="gpt-transcribe"))


class TranscriptionConfig(Strict):
    nullable: ClassVar[frozenset[str]] = frozenset({"include"})
    type: Literal["transcription"]
    include: list[Include] | None = None
    audio: TranscriptionAudio = TranscriptionAudio()

    def echo(self) -> Json:
        return self.model_dump(mode="json")


SessionConfig = RealtimeConfig | TranscriptionConfig
_CONFIG: TypeAdapter[SessionConfig] = TypeAdapter(
    Annotated[RealtimeConfig | TranscriptionConfig, Field(discriminator="type")]
)


def parse_session(config: Any, at: str = "session") -> SessionConfig:
    """Read the session config of a client secret, a call or an accept; unset keys take their defaults."""
    parsed = parse(_CONFIG, config, at)
    if isinstance(parsed, RealtimeConfig):
        check_model(parsed.model)
    return parsed


def updated(current: SessionConfig, update: Json, *, voice_is_fixed: bool) -> SessionConfig:
    """Return the config after `session.update`: only the given keys change."""
    changes = parse(_CONFIG, update, "session")
    if changes.type != current.type:
        raise ApiError("invalid_value", "The session type cannot be changed.", param="session.type")
    merged = _merged(current.model_dump(), changes.model_dump(exclude_unset=True))
    result = _CONFIG.validate_python(merged)
    _check_immutable(current, result, voice_is_fixed)
    return result


def _check_immutable(before: SessionConfig, after: SessionConfig, voice_is_fixed: bool) -> None:
    if not (isinstance(before, RealtimeConfig) and isinstance(after, RealtimeConfig)):
        return
    if after.model != before.model:
        message = "The model of a session cannot be changed."
        raise ApiError("invalid_value", message, param="session.model")
    if voice_is_fixed and after.audio.output.voice != before.audio.output.voice:
        message = "Cannot update a conversation's voice if assistant audio is present."
        raise ApiError("cannot_update_voice", message)
    if before.tracing is not None and after.tracing != before.tracing:
        raise ApiError("invalid_value", "Tracing cannot be changed once it is on.", param="session.tracing")


def _merged(current: Json, changes: Json) -> Json:
    """Merge the nested groups (`audio`, its `input` and `output`); any other value replaces the old one whole."""
    result = dict(current)
    for key, value in changes.items():
        is_group = key in ("audio", "input", "output")
        result[key] = _merged(current[key], value) if is_group else value
    return result
