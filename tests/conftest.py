"""Fixtures that more than one folder of tests uses."""

from collections.abc import Iterator
from typing import Any

import pytest
from standins.local.site import Site, local_run
from standins.serving import ServerThread

from .distribution import long_files_first, number_of_processes, scheduling
from .google import google, warm_google, warm_path
from .security.claims import pytest_sessionfinish, pytest_terminal_summary

__all__ = ["google", "pytest_sessionfinish", "pytest_terminal_summary", "warm_google", "warm_path"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="try in minutes what is otherwise sampled in seconds")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = long_files_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return scheduling(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    return number_of_processes()


@pytest.fixture(scope="session")
def is_long(request: pytest.FixtureRequest) -> bool:
    """Whether this is the long run: scripts/test.sh security --long."""
    return bool(request.config.getoption("--long"))


@pytest.fixture(scope="session")
def servers() -> Iterator[ServerThread]:
    """A thread that serves stand-ins until the run ends: `servers.serve(create_app(...))` returns a base URL."""
    thread = ServerThread()
    yield thread
    thread.stop()


@pytest.fixture(scope="session")
def site(servers: ServerThread, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The whole local run, as scripts/dev.sh starts it, for somebody who calls more often than people do."""
    often = {"PERSON_PER_MINUTE": "1000", "INSTANCE_PER_MINUTE": "1000", "DAILY_LIMIT": "1000"}
    often |= {"PERSON_DAILY_LIMIT": "1000", "MAX_CALLS_AT_ONCE": "100"}
    return servers.enter(local_run(tmp_path_factory.mktemp("site"), environment=often))
