"""The newest version of a secret, which is the one that everybody reads: functions, builds and the owner's commands.

An older version that is enabled helps nobody: `latest` is the version that was added last, whatever its state is.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

ENABLED = "ENABLED"
_REFUSAL = re.compile(r"versions/(\d+)\] is in (\w+) state")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A newest version that nobody can read. `state` is DISABLED or DESTROYED."""

    secret: str
    number: int
    state: str

    def __str__(self) -> str:
        return f"version {self.number} of {self.secret}, its newest, is {self.state.lower()}"

    def way_back(self, project_id: str) -> str:
        """The command that makes it readable again; empty where nothing does."""
        enable = f"gcloud secrets versions enable {self.number} --secret={self.secret} --project={project_id}"
        return enable if self.state == "DISABLED" else ""


def unreadable_among(secret: str, versions: Iterable[Mapping[str, Any]]) -> Unreadable | None:
    """None where the newest can be read, and where there is no version at all."""
    newest = max(versions, key=number_of, default=None)
    if newest is None or newest["state"] == ENABLED:
        return None
    return Unreadable(secret, number_of(newest), str(newest["state"]))


def unreadable_in(secret: str, refusal: str) -> Unreadable | None:
    """What Google's refusal says of a version that is not enabled; None where it says another thing."""
    found = _REFUSAL.search(refusal)
    return Unreadable(secret, int(found[1]), found[2]) if found else None


def number_of(version: Mapping[str, Any]) -> int:
    return int(str(version["name"]).rpartition("/")[2])
