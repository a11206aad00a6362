"""A project with a release, made once: by scripts/release.sh, and another one by cloudbuild.yaml's own commands."""

import re
import shutil
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from common.fingerprint import LABEL
from standins import openai as openai_realtime
from standins.google.control_plane.apis.cloudfunctions import Functions
from standins.google.control_plane.apis.secretmanager import secrets_of
from standins.google.control_plane.serving.plane import ControlPlane
from standins.google.control_plane.state.hosting_sites import Channel, Site, Sites
from standins.google.control_plane.state.request_log import Logged
from standins.google.control_plane.state.run_services import Service, Services
from standins.google.control_plane.state.state import Snapshot, State
from standins.serving import ServerThread

from ..google import assert_known_to_google
from .provisioned import PROJECT_ID, REGION, Cloud, Ended, provision
from .tree import ROOT, change_function, change_page, copy_tree

SITE_URL = f"https://{PROJECT_ID}.web.app"
FIRST_WORDS, SECOND_WORDS = '"name": person.name', '"name": f"{request.person.name} (second release)"'
BUILD = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text())
SESSION_SECRET = "smoke-session"
SITE_SAID = ("the default site", "SITE in the environment", "SITE in project.env")
SOMEBODY_ELSE = "tom@example.com"
NO_METADATA = "127.0.0.1/1"  # a port on which nobody listens


@dataclass(frozen=True)
class Released:
    """A project, its tree, and what the commands said that made it what it is."""

    cloud: Cloud
    tree: Path
    openai_url: str
    ended: tuple[Ended, ...]
    snapshot: Snapshot
    build_log: tuple[Logged, ...] = ()  # what the build asked, the trigger not

    @property
    def plane(self) -> ControlPlane:
        return self.cloud.plane

    def run(self, script: str, *arguments: str, stdin: str = "", **environment: str) -> Ended:
        return self.cloud.run(
            self.tree / "scripts" / script, *arguments, root=self.tree, environment=environment, input=stdin
        )

    def get(self, url: str, **options: Any) -> requests.Response:
        """As a browser behind the proxy would."""
        proxies = {"https": f"http://127.0.0.1:{self.cloud.proxy.port}"}
        return requests.get(url, proxies=proxies, verify=str(self.cloud.proxy.ca_file), timeout=30, **options)

    @property
    def live(self) -> Channel:
        return self.plane.state.part(Sites)[PROJECT_ID].channel("live")

    def service(self, name: str) -> Service:
        return self.plane.state.part(Services)[(PROJECT_ID, REGION, name)]

    def copy(self, folder: Path) -> "Released":
        """The same on a tree that may be changed."""
        shutil.copytree(self.tree, folder, symlinks=True)
        return replace(self, tree=folder)


@pytest.fixture(scope="session")
def first_release(servers: ServerThread, tmp_path_factory: pytest.TempPathFactory, warm_path: str) -> Released:
    """scripts/release.sh on a project that has neither functions nor a site yet."""
    plane = ControlPlane(State())
    provision(plane.state)
    openai_url = servers.serve(openai_realtime.create_app())
    plane.pass_through["api.openai.com"] = openai_url
    proxy = servers.enter(plane.serving(tmp_path_factory.mktemp("google")))
    cloud = Cloud(plane, proxy, warm_path)
    tree = copy_tree(tmp_path_factory.mktemp("tree"))
    ended = cloud.run(tree / "scripts" / "release.sh", root=tree)
    assert_known_to_google(plane.state)
    return Released(cloud, tree, openai_url, (ended,), plane.state.snapshot())


@pytest.fixture
def released(first_release: Released, tmp_path: Path) -> Iterator[Released]:
    """The first release, and a tree of one's own. What nobody knows or Google would not understand fails the test."""
    first_release.plane.state.restore(first_release.snapshot)
    yield first_release.copy(tmp_path / "tree")
    assert_known_to_google(first_release.plane.state)
    requests.delete(f"{first_release.openai_url}/_standin/faults", timeout=5).raise_for_status()


@pytest.fixture(scope="session")
def built_release(first_release: Released, tmp_path_factory: pytest.TempPathFactory) -> Released:
    """Another page and other functions, pushed to main: what Cloud Build runs for it, step by step."""
    first_release.plane.state.restore(first_release.snapshot)
    built = first_release.copy(tmp_path_factory.mktemp("built") / "tree")
    change_page(built.tree, "the second page")
    change_function(built.tree, "sign-in", FIRST_WORDS, SECOND_WORDS)
    trigger = built.run("trigger.sh", "--connection=github", "--repository=voicemint", "--yes")
    assert trigger.returncode == 0, trigger.stderr
    before = len(built.plane.state.log)
    ended = run_build(built, "main")
    assert_known_to_google(built.plane.state)
    return replace(
        built,
        ended=(trigger, *ended),
        snapshot=built.plane.state.snapshot(),
        build_log=tuple(built.plane.state.log[before:]),
    )


@pytest.fixture
def after_build(built_release: Released, tmp_path: Path) -> Released:
    built_release.plane.state.restore(built_release.snapshot)
    return built_release.copy(tmp_path / "tree")


def plant_over(released: Released) -> None:
    """Somebody else has things under our names: a function, a service without one, and the live page."""
    functions, place = released.plane.state.part(Functions), f"projects/{PROJECT_ID}/locations/{REGION}/functions"
    del functions[f"{place}/watch-call"]
    functions[f"{place}/sign-in"].said["labels"] = {"team": "accounts"}
    for name in ("sign-in", "watch-call"):
        released.service(name).labels.pop(LABEL)
    site = released.plane.state.part(Sites)[PROJECT_ID]
    version = site.add_version(SOMEBODY_ELSE, {})
    site.finalize(version)
    site.release(released.live, version.name, SOMEBODY_ELSE, "")


def another_site(released: Released, said: str) -> tuple[Site, dict[str, str]]:
    """A site that is not called as the project, for that name is somebody else's; and the environment of a command."""
    sites, project = released.plane.state.part(Sites), released.plane.state.project(PROJECT_ID)
    del sites[PROJECT_ID]
    released.plane.state.rules.reserved_sites.add(PROJECT_ID)
    sites.add_default(project, released.plane.state.rules.reserved_sites)
    if said == "the default site":
        [default] = sites.values()
        return default, {}
    site = sites.add(project, "another-in-a-test")
    if said == "SITE in the environment":
        return site, {"SITE": site.site_id}
    with (released.tree / "infra" / "project.env").open("a") as project_env:
        project_env.write(f"\nSITE={site.site_id}\n")
    return site, {}


def run_build(released: Released, branch: str, without: Collection[str] = ()) -> list[Ended]:
    """Every step of cloudbuild.yaml but the first, which would run these tests; as far as none fails."""
    ended: list[Ended] = []
    steps = [step for step in BUILD["steps"][1:] if step["id"] not in without]
    for _, together in groupby(steps, key=lambda step: step["id"].startswith("deploy-") or step["id"]):
        if not any(one.returncode for one in ended):
            with ThreadPoolExecutor(3) as pool:
                ended += pool.map(lambda step: run_step(released, step, branch), together)
    return ended


def run_step(released: Released, step: dict[str, Any], branch: str) -> Ended:
    """A step's script as Cloud Build runs it: its own environment, and a secret only where it asks for one."""
    given = {"PROJECT_ID": PROJECT_ID, "BRANCH_NAME": branch, **substitutions()}
    environment = dict(variable.split("=", 1) for variable in BUILD["options"]["env"])
    environment = {name: substituted(value, given) for name, value in environment.items()}
    if step.get("secretEnv"):
        version = secrets_of(released.plane.state, PROJECT_ID).get(SESSION_SECRET).version("latest")
        environment |= dict.fromkeys(step["secretEnv"], version.access().decode())
    programs = released.tree.parent / "programs"
    programs.mkdir(exist_ok=True)
    with suppress(FileExistsError):  # of the deployments, which run side by side, one is the first
        (programs / "docker").symlink_to(Path(__file__).with_name("docker.sh"))
    environment |= {"CONTAINERS": str(programs), "PATH": f"{programs}:{released.cloud.path}", "METADATA": NO_METADATA}
    return released.cloud.run("bash", "-c", step["script"], root=released.tree, environment=environment)


def substitutions() -> dict[str, str]:
    return {name: substituted(value, {"PROJECT_ID": PROJECT_ID}) for name, value in BUILD["substitutions"].items()}


def substituted(text: str, values: dict[str, str]) -> str:
    """Cloud Build's $NAME and ${NAME}. Raises KeyError for one that it would not know."""
    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda found: values[found[1] or found[2]], text)
