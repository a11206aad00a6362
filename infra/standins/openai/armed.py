"""Faults that wait for what they strike: first armed, first served, each as often as it says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Counted(Protocol):
    @property
    def times(self) -> int | None: ...


F = TypeVar("F", bound=Counted)


@dataclass
class _Armed(Generic[F]):
    fault: F
    left: int | None


class ArmedFaults(Generic[F]):
    def __init__(self) -> None:
        self._armed: list[_Armed[F]] = []

    def arm(self, fault: F) -> None:
        """`fault.times` is how often it strikes; None: until `clear`."""
        self._armed.append(_Armed(fault, fault.times))

    def clear(self) -> None:
        self._armed.clear()

    def _take(self, matches: Callable[[F], bool]) -> F | None:
        armed = next((armed for armed in self._armed if matches(armed.fault)), None)
        if armed is None:
            return None
        if armed.left is not None:
            armed.left -= 1
            if not armed.left:
                self._armed.remove(armed)
        return armed.fault
