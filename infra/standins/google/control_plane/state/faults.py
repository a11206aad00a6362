"""Faults that a test arms.

    fault                what the client sees
    "403" "429" "503"    that status; nothing happened
    "409"                ABORTED: somebody else changed the policy meanwhile; nothing happened
    "reset"              the connection is reset; nothing happened
    "reset_after_commit" the change is made, and the connection is reset before the answer
    "not_yet"            400: the service account does not exist (it was created a moment ago); nothing happened
    "service_disabled"   403 SERVICE_DISABLED, as just after the service was enabled; nothing happened

`method`, `host` and `path` choose the requests: `host` is a part of the host's name, `path` a regular expression
that is searched for in the path. Without `method`, only requests that change something are meant.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from standins.faults import RESET, RESET_AFTER_COMMIT
from standins.google.control_plane.state.refusals import service_disabled
from standins.google.control_plane.state.request_log import Logged
from standins.google.errors import GoogleError

REFUSALS: dict[str, Callable[[Logged], GoogleError]] = {
    "403": lambda _: GoogleError("PERMISSION_DENIED", "The caller does not have permission"),
    "409": lambda _: GoogleError(
        "ABORTED",
        "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.",
    ),
    "429": lambda _: GoogleError("RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Write requests'."),
    "503": lambda _: GoogleError("UNAVAILABLE", "The service is currently unavailable."),
    "not_yet": lambda _: GoogleError("INVALID_ARGUMENT", "Service account somebody-new does not exist."),
    "service_disabled": lambda entry: service_disabled(entry.host, "100000000000"),
}
FAULTS = (*REFUSALS, RESET, RESET_AFTER_COMMIT)
Hook = Callable[[Logged], None]


@dataclass
class Fault:
    """One armed fault: the `nth` request that it means and the `times - 1` after that."""

    fault: str | None
    method: str | None = None
    host: str = ""
    path: str = ""
    nth: int = 1
    times: int = 1
    before: Hook | None = None
    after: Hook | None = None
    seen: int = 0

    def strikes(self, entry: Logged) -> bool:
        if not self._means(entry):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times

    def _means(self, entry: Logged) -> bool:
        method_fits = entry.write if self.method is None else entry.method == self.method
        return method_fits and self.host in entry.host and re.search(self.path, entry.path) is not None


@dataclass
class Faults:
    """`struck`: the requests that a fault met."""

    armed: list[Fault] = field(default_factory=list)
    struck: list[Logged] = field(default_factory=list)
    _every_write_once: str | None = None
    _tried: set[str] = field(default_factory=set)

    def arm(
        self, fault: str, *, method: str | None = None, host: str = "", path: str = "", nth: int = 1, times: int = 1
    ) -> None:
        self.armed.append(Fault(_known(fault), method, host, path, nth, times))

    def call(
        self,
        *,
        before: Hook | None = None,
        after: Hook | None = None,
        method: str | None = None,
        host: str = "",
        path: str = "",
        nth: int = 1,
        times: int = 1,
    ) -> None:
        """Call `before` or `after` (the change is made, the answer is not yet sent), in the server's thread."""
        self.armed.append(Fault(None, method, host, path, nth, times, before, after))

    def every_write_once(self, fault: str) -> None:
        """Each distinct write meets the fault when it is first tried; policies may differ in their etag."""
        self._every_write_once = _known(fault)
        self._tried.clear()

    def clear(self) -> None:
        self.armed.clear()
        self.struck.clear()
        self._every_write_once = None

    def take(self, entry: Logged) -> Fault | None:
        """The fault that this request meets."""
        striking = [fault for fault in self.armed if fault.strikes(entry)]
        if not striking and self._every_write_once and entry.write and _identity(entry) not in self._tried:
            self._tried.add(_identity(entry))
            striking = [Fault(self._every_write_once)]
        if striking:
            self.struck.append(entry)
        return striking[0] if striking else None


def _known(fault: str) -> str:
    if fault not in FAULTS:
        raise ValueError(f"fault {fault!r} is not known; use one of {', '.join(FAULTS)}")
    return fault


def _identity(entry: Logged) -> str:
    """The same for a request and its repetition: uploads then have another boundary, policies another etag."""
    body = "" if isinstance(entry.body, bytes) else json.dumps(_without_etags(entry.body), sort_keys=True)
    return f"{entry.method} {entry.host}{entry.path} {sorted(entry.query.items())} {body}"


def _without_etags(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_etags(inner) for name, inner in value.items() if name != "etag"}
    return [_without_etags(inner) for inner in value] if isinstance(value, list) else value
