"""Lists, a page at a time."""

from collections.abc import Sequence
from typing import Any

from standins.google.control_plane.framework.api import Call
from standins.google.errors import GoogleError


def page(items: Sequence[Any], field: str, call: Call, *, max_size: int = 1000) -> dict[str, Any]:
    """One page of `items`; the token is the position of the next one. An empty list is left out, as Google does."""
    size, start = call.query.get("pageSize", "0"), call.query.get("pageToken") or "0"
    if not (size.isdigit() and start.isdigit()):
        raise GoogleError("INVALID_ARGUMENT", "pageSize or pageToken is not valid.")
    first = int(start)
    end = first + (min(int(size), max_size) or max_size)
    return {
        **({field: list(items[first:end])} if items else {}),
        **({"nextPageToken": str(end)} if end < len(items) else {}),
    }
