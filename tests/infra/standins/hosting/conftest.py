"""A site with the real firebase.json, a small dist, and functions that say what they received."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from standins import hosting
from standins.google import cloud_run as google_cloud_run
from standins.google import metadata as google_metadata
from standins.guard import GUARD
from standins.local.site import rewritten_services
from standins.serving import ServerThread

from . import backend
from .cases import HOST, SITE_FILES
from .emulator_process import hosting_emulator, install

FIREBASE_JSON = Path(__file__).parents[4] / "web" / "firebase.json"
SERVICES = rewritten_services(FIREBASE_JSON)


def make_project(folder: Path) -> Path:
    """The real firebase.json beside a dist of our own."""
    dist = folder / "dist"
    for path, text in SITE_FILES.items():
        (dist / path).parent.mkdir(parents=True, exist_ok=True)
        (dist / path).write_text(text)
    (dist / "long.txt").write_text("all work and no play\n" * 500)
    shutil.copy(FIREBASE_JSON, folder / "firebase.json")
    return folder


@pytest.fixture(scope="session")
def services(servers: ServerThread) -> dict[str, str]:
    url = servers.serve(backend.create_app())
    return dict.fromkeys(SERVICES, url)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def site_url(servers: ServerThread, project: Path, services: dict[str, str]) -> str:
    app = hosting.create_app(project / "firebase.json", services)
    app[GUARD] = replace(app[GUARD], also_named=HOST.__eq__)
    return servers.serve(app)


@pytest.fixture(scope="session")
def emulator_url(
    servers: ServerThread,
    services: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> Iterator[str]:
    """The real emulator on a copy of the same site."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed: the Hosting stand-in is NOT compared with the real emulator")
    with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        install()
    with hosting_emulator(
        make_project(tmp_path_factory.mktemp("emulated")),
        tmp_path_factory.mktemp("home"),
        metadata_url=servers.serve(google_metadata.create_app()),
        cloud_run_url=servers.serve(google_cloud_run.create_app(services)),
    ) as url:
        yield url
