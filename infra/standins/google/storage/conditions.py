"""Preconditions: what must be true of the object now for a request to happen.

https://cloud.google.com/storage/docs/request-preconditions
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from standins.google.storage.errors import NotModified, StorageError, condition_not_met

NO_GENERATION = 0


class Versioned(Protocol):
    """An object as conditions see it."""

    @property
    def generation(self) -> int: ...
    @property
    def metageneration(self) -> int: ...


@dataclass(frozen=True)
class Conditions:
    """The four conditions; None means not asked for. Generation 0 stands for "no such object"."""

    generation_match: int | None = None
    generation_not_match: int | None = None
    metageneration_match: int | None = None
    metageneration_not_match: int | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Conditions":
        # The client library spells one of them ifMetaGenerationNotMatch; Google takes it.
        values = {name.lower(): value for name, value in query.items()}
        return cls(
            _number(values, "ifGenerationMatch"),
            _number(values, "ifGenerationNotMatch"),
            _number(values, "ifMetagenerationMatch"),
            _number(values, "ifMetagenerationNotMatch"),
        )

    def check_write(self, current: Versioned | None) -> None:
        """Raise 412 unless the object may be written over, changed or deleted."""
        if not (self._matches(current) and self._differs(current)):
            raise condition_not_met()

    def check_read(self, current: Versioned) -> None:
        """Raise 412 when it is another object than asked for, NotModified when the caller has it."""
        if not self._matches(current):
            raise condition_not_met()
        if not self._differs(current):
            raise NotModified

    def _matches(self, current: Versioned | None) -> bool:
        generation, metageneration = _numbers(current)
        return self.generation_match in (None, generation) and self.metageneration_match in (
            None,
            metageneration,
        )

    def _differs(self, current: Versioned | None) -> bool:
        generation, metageneration = _numbers(current)
        return generation != self.generation_not_match and (
            metageneration is None or metageneration != self.metageneration_not_match
        )


def _numbers(current: Versioned | None) -> tuple[int, int | None]:
    return (current.generation, current.metageneration) if current else (NO_GENERATION, None)


def _number(values: Mapping[str, str], name: str) -> int | None:
    text = values.get(name.lower())
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise StorageError(400, f"Invalid value for {name}: {text!r} is not a whole number.")
    return int(text)
