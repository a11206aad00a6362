"""JSON as the standard has it, with every way to break the parser turned into one error."""

import json
from typing import Any

from voicemint.errors import InvalidJson


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def parse_json(text: bytes) -> Any:
    """Strict JSON: UTF-8, no NaN or Infinity, no nesting or number that Python's parser refuses."""
    try:
        return _DECODER.decode(text.decode())
    except (ValueError, RecursionError):
        raise InvalidJson from None
