"""Whether Google's answer is what was asked for: it adds fields of its own, and leaves out what is zero or empty."""

from collections.abc import Mapping
from typing import Any


def includes(found: Any, wanted: Any) -> bool:
    """Every value of `wanted` is in `found`, at the same place; lists are the same, item by item."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            includes(found.get(name), value) if name in found else not value for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(includes(*pair) for pair in zip(found, wanted, strict=True))
        )
    return found == wanted or _number(found) == _number(wanted) != ""


def in_any_order(value: Any) -> Any:
    """To be compared: lists whose order means nothing, numbers that may be text."""
    if isinstance(value, Mapping):
        return frozenset((name, in_any_order(part)) for name, part in value.items())
    if isinstance(value, list):
        return frozenset(map(in_any_order, value))
    return str(value)


def _number(value: Any) -> str:
    """64-bit numbers are text in Google's JSON, and 5 may come back as 5.0."""
    try:
        return "" if isinstance(value, bool) or value is None else repr(float(value))
    except (TypeError, ValueError):
        return ""
