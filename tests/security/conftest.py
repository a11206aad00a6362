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
)

Figure = Callable[[str, str], None]
Upstream = Callable[[], int]

_FIGURES = pytest.StashKey[dict[str, str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="fuzz each parser for minutes, not for seconds")


@pytest.fixture(scope="session")
def is_long(request: pytest.FixtureRequest) -> bool:
    """Whether this is the long run: scripts/test.sh security --long."""
    return bool(request.config.getoption("--long", default=False))


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """`figure(what, result)` puts a line into the table that the run ends with."""
    figures = request.config.stash.setdefault(_FIGURES, {})
    return figures.__setitem__


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    figures = config.stash.get(_FIGURES, {})
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
