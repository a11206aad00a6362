"""The owner's commands right after a bootstrap: gcloud is signed in and nothing else, Google's own clients are real."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from standins.google_control_plane import ControlPlane
from standins.google_control_plane.environment import TOKEN
from standins.google_control_plane.storage import store_of
from standins.google_storage.conditions import Conditions
from standins.serving import ServerThread
from voicemint.control import ControlState

from ..google import assert_known_to_google, needs_gcloud
from .provisioned import NAMES, PROJECT_ID, ROOT, SECRETS, Cloud, Ended, provision

pytestmark = needs_gcloud


@pytest.fixture(scope="module")
def module_cloud(servers: ServerThread, warm_path: str, tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    plane = ControlPlane()
    provision(plane)
    return Cloud(plane, servers.enter(plane.serving(tmp_path_factory.mktemp("owner") / "google")), warm_path)


@pytest.fixture
def cloud(module_cloud: Cloud) -> Iterator[Cloud]:
    module_cloud.plane.log.clear()
    yield module_cloud
    assert_known_to_google(module_cloud.plane)


def run(cloud: Cloud, script: str, *arguments: str) -> Ended:
    """Neither the token nor a key is shown."""
    ended = cloud.run(ROOT / "scripts" / script, *arguments)
    assert TOKEN not in ended.stdout + ended.stderr
    assert [name for name, value in SECRETS.items() if value in ended.stdout + ended.stderr] == []
    return ended


def test_invite_makes_a_link_that_is_on_record(cloud: Cloud) -> None:
    ended = run(cloud, "invite.sh", "Ana's iPad")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f"https://{PROJECT_ID}.web.app/#i=")
    listed = run(cloud, "invite.sh", "--list")
    assert "Ana's iPad" in listed.stdout
    assert {entry.headers["authorization"] for entry in cloud.plane.log} == {f"Bearer {TOKEN}"}
    assert {entry.headers["x-goog-user-project"] for entry in cloud.plane.log} == {PROJECT_ID}


def test_limits_reads_the_projects_own(cloud: Cloud) -> None:
    ended = run(cloud, "limits.sh", "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["state"] == "running"
    assert cloud.plane.log.writes() == []


def test_resume_writes_the_control_state(cloud: Cloud) -> None:
    control = store_of(cloud.plane).bucket(NAMES.control_bucket)
    control.write("control.json", ControlState(stopped=True, epoch=3).encode(), Conditions(), {})
    ended = run(cloud, "stop.sh", "--resume")
    assert ended.returncode == 0, ended.stderr
    assert ControlState.parse(control.content("control.json")) == ControlState(epoch=3)


def test_who_is_signed_in_nowhere_is_told_how(cloud: Cloud, tmp_path: Path) -> None:
    signed_out = {"CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": "", "CLOUDSDK_CONFIG": str(tmp_path)}
    ended = cloud.run(ROOT / "scripts" / "limits.sh", environment=signed_out)
    assert ended.returncode == 1
    assert "Sign in: gcloud auth login" in ended.stderr
