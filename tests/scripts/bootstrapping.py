"""An owner who provisions: a copy of the tree, a local Google, the real gcloud; and what the project is then."""

import base64
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from provision.reality import INVOKER_UNCHECKED
from standins import openai as openai_realtime
from standins.google.control_plane.apis.artifactregistry import Repositories
from standins.google.control_plane.apis.billingbudgets import Budgets
from standins.google.control_plane.apis.cloudfunctions import Functions
from standins.google.control_plane.apis.cloudtasks import Queues
from standins.google.control_plane.apis.firebase import FirebaseProjects
from standins.google.control_plane.apis.monitoring import Resources
from standins.google.control_plane.apis.secretmanager import secrets_of
from standins.google.control_plane.apis.storage import store_of
from standins.google.control_plane.serving.plane import ControlPlane
from standins.google.control_plane.state.hosting_sites import Sites
from standins.google.control_plane.state.run_services import Services
from standins.google.control_plane.state.state import Snapshot
from standins.serving import ServerThread

from ..google import BILLING_ACCOUNT, OWNER, PROJECT_ID, PROJECT_NUMBER, Ended, assert_known_to_google, running_google
from ..made_once import made_once
from .tree import copy_tree

OPENAI_KEY = "sk-canary-0123456789abcdefghij"
# What is current as far as it tells, so that a plan has no release in it: the tests of releases have their own.
NOTHING_TO_RELEASE = "#!/usr/bin/env bash\nexit 0\n"
YOUNG_SECONDS = 2.0
ALL_EVERY = 10  # looks: a program may start another one in its own place at any time
LIMIT_SECONDS = 1200  # a busy machine is no failure
State = dict[str, Any]


@dataclass(frozen=True)
class Owner:
    """`tree` is the owner's checkout; what bootstrap.sh remembers goes to `project_env`."""

    plane: ControlPlane
    environment: dict[str, str]
    tree: Path
    project_env: Path

    def bootstrap(self, *arguments: str, key: str = OPENAI_KEY, **environment: str) -> Ended:
        return self.run("bootstrap.sh", *arguments, stdin=key, **environment)

    def teardown(self, *arguments: str, **environment: str) -> Ended:
        return self.run("teardown.sh", *arguments, **environment)

    def run(self, script: str, *arguments: str, stdin: str = "", **environment: str) -> Ended:
        return subprocess.run(
            [self.tree / "scripts" / script, *arguments], env={**self.environment, **environment}, input=stdin,
            cwd=self.tree, capture_output=True, text=True, timeout=LIMIT_SECONDS,
        )  # fmt: skip

    def start(self, script: str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.tree / "scripts" / script, *arguments], env=self.environment, cwd=self.tree, text=True, **options
        )

    def gcloud(self, *arguments: str) -> Any:
        """What a reading command answers, in the owner's own shell."""
        ended = subprocess.run(
            ["gcloud", *arguments, "--format=json"], env=self.environment, capture_output=True, text=True, check=True,
            timeout=60,
        )  # fmt: skip
        return json.loads(ended.stdout or "null")

    def processes(self) -> list[int]:
        """Those that were started in this owner's name: other tests run beside this one."""
        mark = f"PROJECT_ENV={self.project_env}".encode()
        return [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and mark in _read(entry, "environ")]

    def writes(self) -> list[str]:
        return [str(entry) for entry in self.plane.state.log.writes()]

    def forget(self) -> None:
        """As if nobody had ever confirmed the project, nor pinned gcloud to it."""
        self.project_env.write_text("PROJECT_ID=\nREGION=us-central1\n")
        (Path(self.environment["CLOUDSDK_CONFIG"]) / "configurations" / f"config_voicemint-{PROJECT_ID}").unlink(
            missing_ok=True
        )

    def know(self) -> None:
        """As a bootstrap has left the owner's own machine."""
        known = f"PROJECT_NUMBER={PROJECT_NUMBER}\nBILLING_ACCOUNT={BILLING_ACCOUNT}\n"
        self.project_env.write_text(f"PROJECT_ID={PROJECT_ID}\nREGION=us-central1\n{known}")
        names = {item["name"] for item in self.gcloud("config", "configurations", "list")}
        name = f"voicemint-{PROJECT_ID}"
        if name not in names:
            self.gcloud("config", "configurations", "create", name, "--no-activate")
            for setting, value in (("project", PROJECT_ID), ("account", OWNER)):
                self.gcloud("config", "set", setting, value, f"--configuration={name}")

    def state(self, project_id: str = PROJECT_ID) -> State:
        """All that provisioning is about, without what is another each time: ids, times, etags, keys."""
        state, project = self.plane.state, self.plane.state.project(project_id)
        secrets = secrets_of(state, project_id).all()
        return {
            "services": sorted(project.services),
            "accounts": sorted(state.accounts),
            "policies": {
                name: state.policies.bindings_of(name)
                for name in sorted(state.policies)
                if state.policies.of(name).bindings
            },
            "buckets": {
                bucket.name: {**_settings(bucket), "objects": _objects(bucket)}
                for bucket in store_of(state).buckets()
                if not bucket.name.startswith("gcf-v2-")
            },
            "secrets": {
                secret.name.rpartition("/")[2]: [version.state for version in secret.versions] for secret in secrets
            },
            "secret settings": {secret.name.rpartition("/")[2]: dict(secret.fields) for secret in secrets},
            "repositories": {name: found.get("labels") for name, found in state.part(Repositories).items()},
            "queues": {name: _of_queue(found) for name, found in state.part(Queues).items()},
            "functions": {name: found.said.get("labels") for name, found in state.part(Functions).items()},
            "services of run": sorted(name for _, _, name in state.part(Services)),
            "unchecked": sorted(
                service.name
                for service in state.part(Services).values()
                if service.annotations.get(INVOKER_UNCHECKED, "").lower() == "true"
            ),
            "watching": sorted(found["displayName"] for found in state.part(Resources).values()),
            "budgets": sorted(found["displayName"] for found in state.part(Budgets).values()),
            "firebase": sorted(state.part(FirebaseProjects)),
            "sites": sorted(state.part(Sites)),
        }  # fmt: skip

    def openai_keys(self) -> list[str]:
        """Every value that is not destroyed."""
        versions = secrets_of(self.plane.state, PROJECT_ID).get("openai-api-key").versions
        return [version.data.decode() for version in versions if version.state != "DESTROYED"]


def _settings(bucket: Any) -> dict[str, Any]:
    found = bucket.record().attributes
    iam = found.get("iamConfiguration", {})
    return {
        "location": found.get("location"),
        "uniform access": iam.get("uniformBucketLevelAccess", {}).get("enabled"),
        "public access prevention": iam.get("publicAccessPrevention"),
        "soft delete": found.get("softDeletePolicy", {}).get("retentionDurationSeconds"),
        "lifecycle": found.get("lifecycle", {}).get("rule", []),
        "labels": found.get("labels"),
    }


def _objects(bucket: Any) -> list[str]:
    """Guests have an id each."""
    return sorted({record.name.partition("/")[0] for record in bucket.records()})


def _of_queue(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("rateLimits", "retryConfig") if name in found}


@dataclass(frozen=True)
class Sightings:
    """Where the OpenAI key was seen during the first run that has it: where it must not be, and in which requests."""

    command_lines: list[str]
    commands_of_gcloud: set[str]  # which is how one knows that it looked
    files: list[Path]
    requests: list[str]


@dataclass(frozen=True)
class Runs:
    """What the way from nothing was: two moments of the project, and what the commands said and wrote."""

    empty: Snapshot
    applied: Snapshot
    ended: dict[str, Ended]
    writes: dict[str, list[str]]
    key: Sightings


@dataclass(frozen=True)
class Provisioned:
    """One owner, and how it came to two moments of the project: `empty` and `applied`."""

    owner: Owner
    way: Runs

    @property
    def empty(self) -> Snapshot:
        return self.way.empty

    @property
    def applied(self) -> Snapshot:
        return self.way.applied

    @property
    def runs(self) -> dict[str, Ended]:
        return self.way.ended

    @property
    def writes(self) -> dict[str, list[str]]:
        return self.way.writes

    def at(self, moment: Snapshot) -> Owner:
        """The owner, back at that moment."""
        self.owner.plane.state.restore(moment)
        if moment is self.empty:
            self.owner.forget()
        else:
            self.owner.know()
        return self.owner


@contextmanager
def owner_on(servers: ServerThread, folder: Path, tree: Path, path: str) -> Iterator[Owner]:
    """With one empty project. At the end: nothing unknown was asked, and all was as Google describes it."""
    with running_google(servers, folder / "google") as google:
        google.plane.pass_through["api.openai.com"] = servers.serve(openai_realtime.create_app())
        project_env = folder / "project.env"
        environment = {
            **google.environment,
            "PATH": path,
            "LANG": "C.UTF-8",
            "PROJECT_ENV": str(project_env),
            "PROJECT_ID": PROJECT_ID,
            "VOICEMINT_BACKOFF_SECONDS": "0",
        }
        owner = Owner(google.plane, environment, tree, project_env)
        owner.forget()
        yield owner
        assert_known_to_google(google.plane.state)


def tree_without_release(folder: Path) -> Path:
    """A copy of the tree in which the page counts as released."""
    folder.mkdir(parents=True)
    tree = copy_tree(folder)
    (tree / "scripts" / "release.sh").write_text(NOTHING_TO_RELEASE)
    return tree


@pytest.fixture(scope="session")
def quiet_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tree_without_release(tmp_path_factory.mktemp("quiet") / "tree")


@pytest.fixture(scope="session")
def provisioned(
    servers: ServerThread, tmp_path_factory: pytest.TempPathFactory, quiet_tree: Path, warm_path: str
) -> Iterator[Provisioned]:
    """The way from nothing: a plan, the bootstrap, and the bootstrap again; gone once in a run of the tests."""
    with owner_on(servers, tmp_path_factory.mktemp("owner"), quiet_tree, warm_path) as owner:
        yield Provisioned(owner, made_once("provisioned", tmp_path_factory, lambda: way_from_nothing(owner)))


def way_from_nothing(owner: Owner) -> Runs:
    empty, runs, writes = owner.plane.state.snapshot(), {}, {}
    for name, arguments in (("plan", ["--dry-run"]), ("first", ["--yes"]), ("second", ["--yes"])):
        owner.plane.state.log.clear()
        if name == "first":
            with looking_for_the_key(owner) as key:
                runs[name] = owner.bootstrap(*arguments)
        else:
            runs[name] = owner.bootstrap(*arguments)
        writes[name] = owner.writes()
    return Runs(empty, owner.plane.state.snapshot(), runs, writes, key)


class Processes:
    """Of this machine: those that have just begun at each look, since many live for a moment only, and at times all."""

    def __init__(self) -> None:
        self._begun: dict[str, float] = {}
        self._looks = 0

    def command_lines(self) -> list[str]:
        now, self._looks = time.monotonic(), self._looks + 1
        self._begun = {entry: self._begun.get(entry, now) for entry in os.listdir("/proc") if entry.isdigit()}
        sees_all = self._looks % ALL_EVERY == 0
        looked_at = [entry for entry, begun in self._begun.items() if sees_all or now - begun < YOUNG_SECONDS]
        return [_read(entry, "cmdline").decode(errors="replace") for entry in looked_at]


@contextmanager
def looking_for_the_key(owner: Owner) -> Iterator[Sightings]:
    """In every command line of this machine, time and again; at the end in the owner's files, and in what was sent."""
    seen = Sightings([], set(), [], [])
    done = threading.Event()

    def watch() -> None:
        processes = Processes()
        while not done.wait(0.02):  # a command lives longer
            lines = processes.command_lines()
            seen.command_lines.extend(line for line in lines if OPENAI_KEY in line)
            seen.commands_of_gcloud.update(line for line in lines if "gcloud" in line)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()
    folders = (Path(owner.environment["HOME"]), owner.project_env.parent, owner.tree / "infra", owner.tree / "scripts")
    seen.files.extend(file for folder in folders for file in files_with(folder, OPENAI_KEY.encode()))
    encoded = base64.b64encode(OPENAI_KEY.encode()).decode()
    seen.requests.extend(
        entry.path for entry in owner.plane.state.log if OPENAI_KEY in str(entry.body) or encoded in str(entry.body)
    )


def told(ended: Ended) -> dict[str, Any]:
    """What --json said."""
    document: dict[str, Any] = json.loads(ended.stdout)
    return document


@contextmanager
def openai_refuses(owner: Owner, servers: ServerThread) -> Iterator[None]:
    """Every key, for a while."""

    async def refuse(_request: web.Request) -> web.Response:
        return web.json_response({"error": {"message": "Incorrect API key provided"}}, status=401)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", refuse)
    taken = owner.plane.pass_through["api.openai.com"]
    owner.plane.pass_through["api.openai.com"] = servers.serve(app)
    try:
        yield
    finally:
        owner.plane.pass_through["api.openai.com"] = taken


def files_with(folder: Path, text: bytes) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and text in file.read_bytes()]


def _read(process: str, file: str) -> bytes:
    try:
        return Path("/proc", process, file).read_bytes()
    except OSError:  # it has ended meanwhile
        return b""
