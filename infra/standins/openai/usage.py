"""Tokens of a response, counted as the API bills them. Source: OpenAI's realtime-costs page; text is an estimate."""

import json
import math
from collections.abc import Iterable
from dataclasses import astuple, dataclass

from standins.openai.conversation import Entry
from standins.openai.images import image_size
from standins.values import Json

CHARACTERS_PER_TEXT_TOKEN = 4
USER_AUDIO_MS_PER_TOKEN = 100
ASSISTANT_AUDIO_MS_PER_TOKEN = 50
CACHE_BLOCK_TOKENS = 64
# OpenAI publishes no rule for Realtime images: one token a patch of 32 pixels, one fixed price for low detail.
LOW_DETAIL_IMAGE_TOKENS = 66
IMAGE_PATCH_PIXELS = 32


@dataclass(frozen=True)
class Tokens:
    """Token counts by kind; adding counts adds each kind."""

    text: int = 0
    audio: int = 0
    image: int = 0

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(self.text + other.text, self.audio + other.audio, self.image + other.image)

    @property
    def total(self) -> int:
        return self.text + self.audio + self.image

    def cached_part(self, before: "Tokens") -> "Tokens":
        """What was already sent with the response `before`, in whole cache blocks."""
        pairs = zip(astuple(self), astuple(before), strict=True)
        return Tokens(*(min(now, then) // CACHE_BLOCK_TOKENS * CACHE_BLOCK_TOKENS for now, then in pairs))


def count_text(text: str) -> int:
    return math.ceil(len(text) / CHARACTERS_PER_TEXT_TOKEN)


def count_spoken(audio_ms: int) -> int:
    """Audio tokens of assistant speech."""
    return math.ceil(audio_ms / ASSISTANT_AUDIO_MS_PER_TOKEN)


def count_input(entries: Iterable[Entry], instructions: str, tools: list[Json]) -> Tokens:
    """Everything a response reads: instructions, tools and every item."""
    described = count_text(json.dumps(tools)) if tools else 0
    start = Tokens(text=count_text(instructions) + described)
    return sum((_count_entry(entry) for entry in entries), start)


def response_usage(read: Tokens, cached: Tokens, written: Tokens) -> Json:
    """The `usage` of a response; counts by kind include the cached ones."""
    return {
        "total_tokens": read.total + written.total,
        "input_tokens": read.total,
        "output_tokens": written.total,
        "input_token_details": {
            **_by_kind(read),
            "cached_tokens": cached.total,
            "cached_tokens_details": _by_kind(cached),
        },
        "output_token_details": {"text_tokens": written.text, "audio_tokens": written.audio},
    }


def transcription_usage(model: str | None, audio_ms: int, transcript: str) -> Json:
    """The `usage` of a transcription: the gpt-4o family is billed by tokens, the others by time."""
    if not (model or "").startswith("gpt-4o"):
        return {"type": "duration", "seconds": audio_ms / 1000}
    heard, written = math.ceil(audio_ms / USER_AUDIO_MS_PER_TOKEN), count_text(transcript)
    return {
        "type": "tokens",
        "total_tokens": heard + written,
        "input_tokens": heard,
        "output_tokens": written,
        "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
    }


def _by_kind(tokens: Tokens) -> Json:
    return {"text_tokens": tokens.text, "audio_tokens": tokens.audio, "image_tokens": tokens.image}


def _count_entry(entry: Entry) -> Tokens:
    if entry.item["type"] != "message":
        return Tokens(text=count_text(entry.item.get("arguments") or entry.item.get("output") or ""))
    parts = sum((_count_part(part) for part in entry.item["content"]), Tokens())
    if not entry.audio_ms:
        return parts
    per_token = USER_AUDIO_MS_PER_TOKEN if entry.role == "user" else ASSISTANT_AUDIO_MS_PER_TOKEN
    return parts + Tokens(audio=math.ceil(entry.audio_ms / per_token))


def _count_part(part: Json) -> Tokens:
    if part["type"] == "input_image":
        return Tokens(image=_count_image(part))
    return Tokens(text=count_text(part.get("text") or ""))


def _count_image(part: Json) -> int:
    if part.get("detail") == "low":
        return LOW_DETAIL_IMAGE_TOKENS
    size = image_size(part["image_url"])
    return math.ceil(size.width / IMAGE_PATCH_PIXELS) * math.ceil(size.height / IMAGE_PATCH_PIXELS)
