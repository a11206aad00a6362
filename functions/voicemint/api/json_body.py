"""JSON as the standard has it, with every way to break the parser turned into one error."""

import json
from typing import Any

from voicemint.errors import InvalidJson, InvalidRequest, UnknownField


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def parse_json(text: bytes) -> Any:
    """Strict JSON: UTF-8, no NaN or Infinity, no nesting or number that Python's parser refuses."""
    try:
        return _DECODER.decode(text.decode())
    except (ValueError, RecursionError):
        raise InvalidJson from None


def fields(body: bytes, **kinds: Any) -> dict[str, Any]:
    """The fields of a body that is a JSON object. Any of them may be missing.

    `kinds` are the known fields: `str` for a string, `str | None` if null is allowed too, `object` if the caller checks
    it. Raises InvalidRequest, InvalidJson or UnknownField.
    """
    value = parse_json(body)
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object.")
    if not value.keys() <= kinds.keys():
        raise UnknownField(f"Unknown field in the body. Allowed: {', '.join(sorted(kinds))}.")
    for name, found in value.items():
        if not isinstance(found, kinds[name]):
            raise InvalidRequest(f"The field {name} must be a string.")
    return value
