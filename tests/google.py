"""A local Google for a test: fresh, with one project; at the end it asks whether all was as Google knows it."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from standins.google_control_plane import ControlPlane, Project, Proxy
from standins.serving import ServerThread

PROJECT_ID = "some-project"
PROJECT_NUMBER = "123456789012"
BILLING_ACCOUNT = "012345-678901-ABCDEF"
OWNER = "owner@example.com"
needs_gcloud = pytest.mark.skipif(
    shutil.which("gcloud") is None,
    reason="NOT TESTED: gcloud is not installed: https://cloud.google.com/sdk/docs/install",
)


@dataclass(frozen=True)
class Google:
    """A running control plane. `environment` is all that a program needs to reach it and nothing else."""

    plane: ControlPlane
    proxy: Proxy
    project: Project

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], **self.proxy.environment}


@pytest.fixture
def google(servers: ServerThread, tmp_path: Path) -> Iterator[Google]:
    """A Google with one empty project that somebody pays for. Nothing unknown may have been asked at the end."""
    plane = ControlPlane()
    project = plane.add_project(PROJECT_ID, number=PROJECT_NUMBER, billing_account=BILLING_ACCOUNT, account=OWNER)
    yield Google(plane, servers.enter(plane.serving(tmp_path / "google")), project)
    assert plane.unknown == []
    assert plane.foreign == []


@pytest.fixture
def plane(google: Google) -> ControlPlane:
    return google.plane
