"""The tests that the tables of SECURITY.md name, compared with what a run has shown.

The hooks are tests/conftest.py's: a whole run fails when a test that SECURITY.md names did not pass in it. A run of
some tests says nothing about the others.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

# What leaves tests out; --ff, --nf and -n do not.
LEAVES_OUT = ("keyword", "markexpr", "lf", "stepwise", "deselect", "ignore", "ignore_glob", "collectonly")
UNSHOWN = pytest.StashKey[list[str]]()
_NAME = re.compile(r"`([^`]*)`")


@dataclass(frozen=True)
class Row:
    """A row of a table: its first cell, and the tests that its last cell names, as pytest does."""

    claim: str
    tests: tuple[str, ...]


def rows(text: str) -> list[Row]:
    """Of every table in a text of Markdown, without the head."""
    tables = re.findall(r"^\|.*\n\|[-:| ]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    return [_row(line) for table in tables for line in table.splitlines()]


def _row(line: str) -> Row:
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    return Row(cells[0], tuple(_NAME.findall(cells[-1])))


def unshown(named: Iterable[Row], outcomes: Mapping[str, set[str]]) -> Iterator[str]:
    """What is named and did not pass. `outcomes` are by test, without parameters, and by file."""
    for row in named:
        for test in row.tests:
            found = outcomes.get(test, set())
            if is_of_pytest(test) and ("passed" not in found or "failed" in found):
                yield f"{test} ({', '.join(sorted(found)) or 'not run'}): {row.claim}"


def is_there(test: str, root: Path) -> bool:
    """Whether the test's file is there and, of vitest's (`file > suite > test`), every title in it.

    What pytest's files hold is known by collecting them.
    """
    name, *titles = test.partition("::")[0].split(" > ")
    file = root / name
    return file.is_file() and all(_has_title(file.read_text(encoding="utf-8"), title) for title in titles)


def _has_title(source: str, title: str) -> bool:
    """Of `describe("title"`, `test("title"` and `test.each(…)("title"`; one that is skipped shows nothing."""
    return re.search(rf"""(?<!skip)(?<!todo)\(\s*["'`]{re.escape(title)}["'`],""", source) is not None


def is_of_pytest(test: str) -> bool:
    """Not of vitest, which scripts/test.sh runs before."""
    return test.startswith("tests/")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or exitstatus or not _is_whole(session.config):  # a process of pytest-xdist has no reporter
        return
    named = rows((session.config.rootpath / "SECURITY.md").read_text(encoding="utf-8"))
    session.config.stash[UNSHOWN] = list(unshown(named, _outcomes(reporter.stats)))
    if session.config.stash[UNSHOWN]:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = config.stash.get(UNSHOWN, [])
    if lines:
        terminalreporter.section("SECURITY.md names tests that did not pass in this run", red=True)
    for line in lines:
        terminalreporter.write_line(line)


def _is_whole(config: pytest.Config) -> bool:
    left_out = any(getattr(config.option, name, None) for name in LEAVES_OUT)
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not left_out


def _outcomes(stats: Mapping[str, list[object]]) -> dict[str, set[str]]:
    outcomes: dict[str, set[str]] = defaultdict(set)
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in stats.get(outcome, []):
            if isinstance(report, pytest.TestReport):
                test = report.nodeid.partition("[")[0]
                for name in (test, test.partition("::")[0]):
                    outcomes[name].add("failed" if outcome == "error" else outcome)
    return outcomes
