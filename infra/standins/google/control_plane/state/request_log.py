"""What the clients asked and what they were told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass
class Logged:
    """One request. `body` and `answer` are JSON values, or bytes where they are not JSON; `status` 0: no answer.

    The names of `headers` are in lower case. `write`: such a request changes something; `changed`: this one did.
    """

    method: str
    host: str
    path: str
    query: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]
    write: bool
    status: int = 0
    answer: Any = None
    changed: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.host}{self.path} -> {self.status or 'no answer'}"


class RequestLog(list[Logged]):
    """All requests, oldest first. `everything` has those too that were forgotten with `clear()`."""

    def __init__(self) -> None:
        super().__init__()
        self.everything: list[Logged] = []

    def append(self, entry: Logged) -> None:
        super().append(entry)
        self.everything.append(entry)

    def writes(self) -> list[Logged]:
        """Those that changed something: neither reads (:getIamPolicy is one), nor what was refused."""
        return [entry for entry in self if entry.changed]
