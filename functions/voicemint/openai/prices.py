"""What OpenAI's tokens and minutes cost: prices.json, the one place where prices stand.

The shape of `usage` is that of `response.done` and `conversation.item.input_audio_transcription.completed`
(OpenAI API reference); token counts by kind include the cached ones. What is missing counts as nothing.
"""

import json
from collections.abc import Mapping
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any

PRICES_FILE = Path(__file__).with_name("prices.json")
KINDS = ("text", "audio", "image")
MICRO = 1_000_000  # money is counted in whole millionths of a USD: sums stay exact

Prices = Mapping[str, Any]


@cache
def load_prices(file: Path = PRICES_FILE) -> Prices:
    prices: Prices = json.loads(file.read_text(encoding="utf-8"))
    return prices


def response_micro_usd(model: str, usage: Any) -> int:
    """What one response cost, in millionths of a USD. A `model` without a price raises KeyError."""
    of_kind = load_prices()["usd_per_million_tokens"][model]
    read, written = _part(usage, "input_token_details"), _part(usage, "output_token_details")
    cached = _part(read, "cached_tokens_details")
    micro_usd = 0.0
    for kind in KINDS:
        tokens, again = _count(read, f"{kind}_tokens"), _count(cached, f"{kind}_tokens")
        price = of_kind[kind]
        micro_usd += max(tokens - again, 0) * price["input"] + again * price["cached"]
        micro_usd += _count(written, f"{kind}_tokens") * price.get("output", 0)
    return ceil(micro_usd)


def transcription_micro_usd(model: str, usage: Any) -> int:
    """What writing down one turn cost, in millionths of a USD; billed by time. Raises KeyError likewise."""
    seconds = usage.get("seconds") if isinstance(usage, Mapping) else None
    per_minute = load_prices()["transcription_usd_per_minute"][model]
    return ceil(seconds / 60 * per_minute * MICRO) if isinstance(seconds, int | float) else 0


def _part(usage: Any, name: str) -> Mapping[str, Any]:
    part = usage.get(name) if isinstance(usage, Mapping) else None
    return part if isinstance(part, Mapping) else {}


def _count(part: Mapping[str, Any], name: str) -> int:
    count = part.get(name)
    return count if type(count) is int and count > 0 else 0
