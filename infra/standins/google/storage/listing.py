"""One page of a listing, in name order (code points, which is the order of the UTF-8 bytes)."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from standins.google.storage.errors import StorageError
from standins.google.storage.store import Record

MAX_RESULTS = 1000


@dataclass(frozen=True)
class Page:
    """Objects; prefixes that stand for all objects below them; and where the next page starts."""

    objects: list[Record]
    prefixes: list[str]
    next_token: str | None


def list_page(records: Iterable[Record], query: Mapping[str, str]) -> Page:
    """The page a request's `prefix`, `delimiter`, offsets, `pageToken` and `maxResults` ask for."""
    limit, after = _limit(query), _name_in(query.get("pageToken", ""))
    start, end = query.get("startOffset", ""), query.get("endOffset", "")
    entries: dict[str, Record | None] = {}
    for record in sorted(records, key=lambda record: record.name):
        if record.name < start or (end and record.name >= end):
            continue
        shared = _shared_prefix(record.name, query.get("prefix", ""), query.get("delimiter", ""))
        entries[shared or record.name] = None if shared else record
    names = [name for name in entries if name > after]
    shown = names[:limit]
    return Page(
        objects=[entry for name in shown if (entry := entries[name]) is not None],
        prefixes=[name for name in shown if entries[name] is None],
        next_token=_token_of(shown[-1]) if len(names) > limit else None,
    )


def _shared_prefix(name: str, prefix: str, delimiter: str) -> str | None:
    end = name.find(delimiter, len(prefix)) if delimiter else -1
    return None if end < 0 else name[: end + len(delimiter)]


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("maxResults", str(MAX_RESULTS))
    if not (text.isascii() and text.isdigit()) or int(text) == 0:
        raise StorageError(400, f"Invalid value for maxResults: {text!r}")
    return min(int(text), MAX_RESULTS)


def _token_of(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _name_in(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise StorageError(400, f"Invalid value for pageToken: {token!r}") from None
