"""A local Google for a test: fresh, with one project; at the end it asks whether all was as Google knows it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from standins.google.control_plane.serving.plane import ControlPlane
from standins.google.control_plane.serving.proxy import Proxy
from standins.google.control_plane.state.projects import Project
from standins.google.control_plane.state.state import State
from standins.serving import ServerThread

from .infra.standins.google.discovery_log import problems_of
from .warm_gcloud import warm_gcloud

PROJECT_ID = "some-project"
PROJECT_NUMBER = "123456789012"
BILLING_ACCOUNT = "012345-678901-ABCDEF"
OWNER = "owner@example.com"
needs_gcloud = pytest.mark.skipif(
    shutil.which("gcloud") is None,
    reason="NOT TESTED: gcloud is not installed: https://cloud.google.com/sdk/docs/install",
)
# What gcloud pauses between two polls, or before it tries again, counts a twentieth in a warm gcloud.
PAUSE_FACTOR = 0.05
Ended = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Google:
    """A running control plane. `environment` is all that a program needs to reach it and nothing else."""

    plane: ControlPlane
    proxy: Proxy
    path: str = os.environ["PATH"]

    @property
    def project(self) -> Project:
        return self.plane.state.project(PROJECT_ID)

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": self.path, **self.proxy.environment}

    def enable_everything(self) -> None:
        """Every service of this Google, in the project: for tests of something else."""
        for service in self.plane.services:
            self.project.services[service] = 0

    def run(self, *command: str, stdin: str = "", timeout: float = 60, **environment: str) -> Ended:
        """Run a program that uses this Google."""
        return subprocess.run(
            command, env={**self.environment, **environment}, input=stdin,
            capture_output=True, text=True, timeout=timeout,
        )  # fmt: skip


def assert_known_to_google(state: State) -> None:
    """No route and no host was asked that is not there, and all that was said is as Google's descriptions have it."""
    assert state.unknown == [], state.unknown
    assert state.foreign == [], state.foreign
    problems = problems_of(state.log.everything)
    assert problems == [], problems  # this module's asserts are not rewritten by pytest


@contextmanager
def running_google(servers: ServerThread, folder: Path) -> Iterator[Google]:
    """A Google with one empty project that somebody pays for, until the block ends."""
    plane = ControlPlane(State())
    plane.state.add_project(PROJECT_ID, number=PROJECT_NUMBER, billing_account=BILLING_ACCOUNT, account=OWNER)
    context = plane.serving(folder)
    proxy = servers.run(context.__aenter__())
    try:
        yield Google(plane, proxy)
    finally:
        servers.run(context.__aexit__(None, None, None))


@pytest.fixture
def google(servers: ServerThread, tmp_path: Path) -> Iterator[Google]:
    """A fresh Google. Nothing unknown may have been asked at the end."""
    with running_google(servers, tmp_path / "google") as running:
        yield running
        assert_known_to_google(running.plane.state)


@pytest.fixture(scope="session")
def warm_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PATH whose gcloud starts in a tenth of the time: see warm_gcloud."""
    with warm_gcloud(tmp_path_factory.mktemp("warm"), PAUSE_FACTOR) as programs:
        yield f"{programs}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture
def warm_google(google: Google, warm_path: str) -> Google:
    """`google` for tests that run gcloud very often."""
    return replace(google, path=warm_path)
