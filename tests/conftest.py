"""Fixtures that more than one folder of tests uses."""

from collections.abc import Iterator

import pytest
from standins.serving import ServerThread


@pytest.fixture(scope="session")
def servers() -> Iterator[ServerThread]:
    """A thread that serves stand-ins until the run ends: `servers.serve(create_app(...))` returns a base URL."""
    thread = ServerThread()
    yield thread
    thread.stop()
