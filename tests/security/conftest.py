"""The security suite: what it needs of the function tests, and the table of figures at its end."""

from collections.abc import Callable, Iterator

import pytest
import requests

from ..functions.conftest import (  # noqa: F401 - fixtures
    api_key_file,
    bucket_folder,
    control_bucket,
    control_environment,
    load_function,
    log_output,
    metadata_url,
    openai_url,
    signing_key_file,
    start_function,
    storage_url,
    tasks_url,
)

Figure = Callable[[str, str], None]
Upstream = Callable[[], int]

_FIGURE = "security figure"


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """`figure(what, result)` puts a line into the table that the run ends with.

    It travels as a property of the test's report, the one way out of a process of pytest-xdist.
    """
    return lambda what, result: request.node.user_properties.append((_FIGURE, (what, result)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    figures = dict(value for report in reports for name, value in report.user_properties if name == _FIGURE)
    if not figures:
        return
    terminalreporter.section("security figures")
    width = max(len(what) for what in figures)
    for what, result in figures.items():
        terminalreporter.write_line(f"{what.ljust(width)}  {result}")


@pytest.fixture
def asked_of_openai(openai_url: str) -> Iterator[Upstream]:  # noqa: F811 - the fixture above
    """How many requests reached OpenAI's stand-in in this test; the stand-in remembers up to a thousand."""
    log = f"{openai_url}/_standin/requests"
    requests.delete(log, timeout=5)
    yield lambda: len(requests.get(log, timeout=5).json()["requests"])
    requests.delete(log, timeout=5)
