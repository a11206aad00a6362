"""How much a benchmark measures, and what it found: tables of medians, and ratios against their bars."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Plan:
    """So many rounds, load for so many seconds a cell. `quick` leaves out what no bar needs."""

    rounds: int
    seconds: int
    quick: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One promise. `limit` is the most that is allowed, or the least where `at_least`."""

    name: str
    value: float
    limit: float
    unit: str
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Report:
    """`measurements` are the single runs, for whoever wants other statistics than the tables'."""

    tables: Sequence[Table]
    bars: Sequence[Bar]
    measurements: dict[str, Any]

    @property
    def all_met(self) -> bool:
        return all(bar.met for bar in self.bars)

    def as_json(self) -> dict[str, Any]:
        return {
            "bars": [asdict(bar) | {"met": bar.met} for bar in self.bars],
            "measurements": self.measurements,
        }


def median_of(values: Sequence[Any], attribute: str) -> float:
    return float(median(getattr(value, attribute) for value in values))


def format_table(table: Table) -> str:
    """Text columns, the first aligned left and the numbers right."""
    lines = [table.columns, *table.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.columns))]
    rendered = (
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )
    return "\n".join([table.title, *(line.rstrip() for line in rendered)])


def format_bars(bars: Sequence[Bar]) -> str:
    rows = [
        (
            bar.name,
            f"{bar.value:.2f}{bar.unit}",
            f"{'at least' if bar.at_least else 'at most'} {bar.limit:.2f}{bar.unit}",
            "met" if bar.met else "MISSED",
        )
        for bar in bars
    ]
    return format_table(Table("Bars (medians)", ("", "found", "bar", ""), rows))


def note_progress(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
