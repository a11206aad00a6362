"""scripts/container.sh: what a build runs that npm and pip bring, away from the build's account and its sources.

With a docker that copies folders: of docker itself nothing is tested here.
"""

import os
import subprocess
from pathlib import Path

import pytest
from aiohttp import web
from standins.serving import ServerThread

ROOT = Path(__file__).parents[2]
PROJECT_ID, NOBODY = "built-in-a-test", "127.0.0.1/1"  # a port on which nobody listens
DOCKER = ROOT / "tests" / "scripts" / "docker.sh"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for folder in ("programs", "containers", "workspace/web", "workspace/scripts"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "programs" / "docker").symlink_to(DOCKER)
    (tmp_path / "workspace" / "scripts" / "release.sh").write_text("ours")
    return tmp_path / "workspace"


def run(workspace: Path, command: str, folder: str = "web/dist", **more: str) -> subprocess.CompletedProcess[str]:
    beside = workspace.parent
    program = f"set -euo pipefail; source {ROOT}/scripts/container.sh; in_container IMAGE '{folder}' '{command}'"
    environment = {
        "PATH": f"{beside / 'programs'}:{os.environ['PATH']}", "CONTAINERS": str(beside / "containers"),
        "PROJECT_ID": PROJECT_ID, "METADATA": NOBODY, **more,
    }  # fmt: skip
    return subprocess.run(
        ["bash", "-c", program], cwd=workspace, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_only_the_folder_that_is_asked_for_comes_back(workspace: Path) -> None:
    (workspace / "web" / "dist").mkdir()
    (workspace / "web" / "dist" / "old.js").write_text("before")
    build = "rm -r web/dist; mkdir web/dist; echo page >web/dist/index.html; echo theirs >scripts/release.sh; touch x"
    ended = run(workspace, build)
    assert ended.returncode == 0, ended.stderr
    files = {
        file.relative_to(workspace).as_posix(): file.read_text() for file in workspace.rglob("*") if file.is_file()
    }
    assert files == {"web/dist/index.html": "page\n", "scripts/release.sh": "ours"}
    assert list((workspace.parent / "containers").iterdir()) == []


@pytest.mark.parametrize(
    "build",
    [
        "mkdir web/dist; ln -s /proc/self/environ web/dist/index.html", "ln -s /etc web/dist",
        "mkdir web/dist; mkfifo web/dist/x",
    ],
    ids=["a link to a file", "a link to a folder", "a pipe"],
)  # fmt: skip
def test_what_is_no_file_is_refused(workspace: Path, build: str) -> None:
    ended = run(workspace, build)
    assert ended.returncode == 1
    assert "error: web/dist came back with something else than files and folders" in ended.stderr
    assert not (workspace / "web" / "dist").exists()


def test_what_fails_there_fails_the_build_and_brings_nothing_back(workspace: Path) -> None:
    ended = run(workspace, "mkdir web/dist; exit 3")
    assert ended.returncode == 3
    assert not (workspace / "web" / "dist").exists()


def test_nothing_of_the_builds_environment_is_there(workspace: Path) -> None:
    ended = run(workspace, "env", "", VOICEMINT_SESSION="planted", OPENAI_API_KEY="planted")
    assert ended.returncode == 0, ended.stderr
    assert "planted" not in ended.stdout


def test_nothing_runs_where_the_builds_account_can_be_had(workspace: Path, servers: ServerThread) -> None:
    """What would be so if Cloud Build attached containers to its own network."""

    async def email(_request: web.Request) -> web.Response:
        return web.Response(text=f"deployer@{PROJECT_ID}.iam.gserviceaccount.com")

    app = web.Application()
    app.add_routes([web.get("/computeMetadata/v1/instance/service-accounts/default/email", email)])
    host, port = servers.serve(app).removeprefix("http://").split(":")
    ended = run(workspace, "mkdir web/dist; echo installed", METADATA=f"{host}/{port}")
    assert ended.returncode == 1
    assert "installed" not in ended.stdout
    assert f"error: this container can act as an account of the project {PROJECT_ID}" in ended.stderr
