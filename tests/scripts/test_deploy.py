"""scripts/deploy.sh with the real gcloud, against the local Google, which runs what is deployed.

The requests are held to Google's own description of Cloud Functions v2, and to what infra/functions/ means.
"""

import io
import os
import shutil
import signal
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from common.fingerprint import uploaded
from owner.project import cloud_project
from standins.google.control_plane.apis.cloudfunctions import Functions
from standins.google.control_plane.serving.plane import ControlPlane
from standins.google.control_plane.state.request_log import Logged
from standins.google.control_plane.state.state import Snapshot, State
from standins.serving import ServerThread
from voicemint.settings import Settings

from ..google import assert_known_to_google, needs_gcloud
from .provisioned import PROJECT_ID, Cloud, provision

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "scripts" / "deploy.sh"
FLAGS = {file.stem: yaml.safe_load(file.read_text()) for file in sorted((ROOT / "infra" / "functions").iterdir())}
SYSTEM = {"PATH": os.environ["PATH"]}
every_function = pytest.mark.parametrize("name", FLAGS)

Ended = subprocess.CompletedProcess[str]


def deploy(*arguments: str, **environment: str) -> Ended:
    return subprocess.run(
        [DEPLOY, *arguments], env={**SYSTEM, **environment}, capture_output=True, text=True, timeout=110
    )


@dataclass(frozen=True)
class Deployed:
    """What deploy.sh said when it deployed everything to a project that had no function, and what that asked."""

    cloud: Cloud
    empty: Snapshot
    ended: Ended
    log: tuple[Logged, ...]
    full: Snapshot

    def created(self, name: str) -> dict[str, Any]:
        """The function as it was asked for."""
        [body] = [entry.body for entry in self.log if entry.query.get("functionId") == name]
        assert isinstance(body, dict)
        return body


@pytest.fixture(scope="module")
def deployed(servers: ServerThread, tmp_path_factory: pytest.TempPathFactory, warm_path: str) -> Deployed:
    plane = ControlPlane(State())
    provision(plane.state)
    empty = plane.state.snapshot()
    cloud = Cloud(plane, servers.enter(plane.serving(tmp_path_factory.mktemp("google"))), warm_path)
    ended = cloud.run(DEPLOY)
    assert_known_to_google(plane.state)
    return Deployed(cloud, empty, ended, tuple(plane.state.log), plane.state.snapshot())


@pytest.fixture
def cloud(deployed: Deployed) -> Iterator[Cloud]:
    """The project before its first deployment."""
    deployed.cloud.plane.state.restore(deployed.empty)
    yield deployed.cloud
    assert_known_to_google(deployed.cloud.plane.state)


@needs_gcloud
def test_deploys_every_function_and_says_how_long_each_took(deployed: Deployed) -> None:
    assert deployed.ended.returncode == 0, deployed.ended.stderr
    assert [line.split()[:2] for line in deployed.ended.stdout.splitlines()] == [[name, "live"] for name in FLAGS]
    assert all(line.endswith(" s") for line in deployed.ended.stdout.splitlines())


@needs_gcloud
def test_every_line_of_gcloud_names_its_function(deployed: Deployed) -> None:
    [title, *lines] = deployed.ended.stderr.splitlines()
    assert PROJECT_ID in title
    assert {line.partition(" | ")[0] for line in lines} == set(FLAGS)


@needs_gcloud
@every_function
def test_a_function_runs_as_itself_and_is_built_by_the_builder(name: str, deployed: Deployed) -> None:
    domain = f"{PROJECT_ID}.iam.gserviceaccount.com"
    assert deployed.created(name)["serviceConfig"]["serviceAccountEmail"] == f"{name}@{domain}"
    build = deployed.created(name)["buildConfig"]
    assert build["serviceAccount"] == f"projects/{PROJECT_ID}/serviceAccounts/builder@{domain}"
    assert build["dockerRepository"].endswith("/repositories/voicemint")
    assert (build["runtime"], build["entryPoint"]) == ("python313", name.replace("-", "_"))
    assert build["environmentVariables"] == {"SOURCE_DATE_EPOCH": "315532800"}


@needs_gcloud
@every_function
def test_an_instance_has_a_thread_for_each_request_that_it_is_given(name: str, deployed: Deployed) -> None:
    service = deployed.created(name)["serviceConfig"]
    assert service["environmentVariables"]["THREADS"] == str(service["maxInstanceRequestConcurrency"])
    assert service["maxInstanceCount"] == FLAGS[name]["--max-instances"]
    assert (service["minInstanceCount"], service["availableCpu"]) == (0, "1")
    assert f"{service['timeoutSeconds']}s" == FLAGS[name]["--timeout"]
    assert (service["availableMemory"], service["ingressSettings"]) == ("512Mi", "ALLOW_ALL")


@needs_gcloud
@every_function
def test_secrets_are_files_where_the_function_looks(name: str, deployed: Deployed) -> None:
    service = deployed.created(name)["serviceConfig"]
    files = {
        f"{volume['mountPath']}/{version['path']}": (volume["secret"], version["version"])
        for volume in service["secretVolumes"]
        for version in volume["versions"]
    }
    assert files == {file: tuple(secret.split(":")) for file, secret in FLAGS[name]["--set-secrets"].items()}
    settings = Settings.from_environ({**service["environmentVariables"], "K_SERVICE": name})
    assert str(settings.signing_key_file) in files
    assert "secretEnvironmentVariables" not in service


@needs_gcloud
@every_function
def test_a_function_is_told_the_buckets_that_the_owners_commands_use(name: str, deployed: Deployed) -> None:
    told = deployed.created(name)["serviceConfig"]["environmentVariables"]
    project_env, flags = ROOT / "infra" / "project.env", ROOT / "infra" / "functions" / "mint-client-secret.yaml"
    owner = cloud_project({"PROJECT_ID": PROJECT_ID}, project_env, flags).settings
    assert (told["PROJECT_ID"], told["BUCKET"], told["CONTROL_BUCKET"]) == (
        owner.project_id, owner.bucket, owner.control_bucket,
    )  # fmt: skip


@needs_gcloud
def test_what_is_uploaded_is_what_a_function_needs(deployed: Deployed) -> None:
    sources = [entry.body for entry in deployed.log if entry.method == "PUT" and entry.path.endswith(".zip")]
    names = [{name for name in zipfile.ZipFile(io.BytesIO(source)).namelist() if name[-1] != "/"} for source in sources]
    assert len(names) == len(FLAGS)
    assert {"main.py", "requirements.txt", "agents/assistant.toml", "voicemint/api/routes.py"} <= names[0]
    assert [name for name in names[0] if name.endswith((".pyc", ".env", "README.md", "requirements.in"))] == []
    assert {str(file.relative_to(ROOT / "functions")) for file in uploaded(ROOT / "functions")} == names[0]


@needs_gcloud
def test_a_deployment_asks_for_its_project_only_and_leaves_alone_who_may_invoke(deployed: Deployed) -> None:
    asked = [f"{entry.host}{entry.path}" for entry in deployed.log if not entry.path.endswith(".zip")]
    assert [request for request in asked if f"/{PROJECT_ID}/" not in f"{request}/".replace(":", "/")] == []
    assert [request for request in asked if "IamPolicy" in request] == []


@needs_gcloud
def test_what_is_current_is_not_deployed_again(deployed: Deployed) -> None:
    state = deployed.cloud.plane.state
    state.restore(deployed.full)
    ended = deployed.cloud.run(DEPLOY, "--if-changed")
    assert (ended.returncode, ended.stdout, state.log.writes()) == (0, "", [])
    planned = deployed.cloud.run(DEPLOY, "--if-changed", "--dry-run", environment={"BUCKET": "another-bucket"})
    assert len(planned.stdout.splitlines()) == len(FLAGS)
    state.part(Functions)[f"projects/{PROJECT_ID}/locations/us-central1/functions/sign-in"].failed = "It did not start."
    ended = deployed.cloud.run(DEPLOY, "--if-changed")
    assert [line.split()[:2] for line in ended.stdout.splitlines()] == [["sign-in", "live"]]
    assert [entry.method for entry in state.log.writes()] == ["PATCH"]


@needs_gcloud
def test_one_that_fails_does_not_keep_the_others_back(cloud: Cloud) -> None:
    cloud.plane.state.policies.drop(f"projects/{PROJECT_ID}/secrets/openai-api-key")
    ended = cloud.run(DEPLOY, "mint-client-secret", "sign-in")
    assert ended.returncode == 1
    lines = [line.split()[:2] for line in ended.stdout.splitlines()]
    assert lines == [["mint-client-secret", "failed"], ["sign-in", "live"]]
    said_by_it = [line for line in ended.stderr.splitlines() if line.startswith("mint-client-secret | ")]
    assert "Permission denied on secret" in "".join(said_by_it)
    assert ended.stderr.splitlines()[-1].startswith("error: not every function is live")


@needs_gcloud
def test_interrupted_it_leaves_no_gcloud_behind(cloud: Cloud) -> None:
    cloud.plane.state.rules.polls = 1_000_000
    environment = {**cloud.environment, **SYSTEM, "CONTROL_BUCKET": "interrupted-in-a-test"}
    with subprocess.Popen(
        [DEPLOY, "sign-in", "log-payload"], env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            until(lambda: len(cloud.plane.state.part(Functions)) == 2)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 130
            until(none_is_left, seconds=10)
        finally:
            for operation in cloud.plane.state.operations.values():
                operation.polls_left = 0  # what is left behind comes to its end
            until(none_is_left)


@needs_gcloud
def test_an_organisation_that_keeps_the_public_out_does_not_keep_a_function_from_being_live(cloud: Cloud) -> None:
    """gcloud deploys it, may not make it public, and fails: what a deployment here does not ask for."""
    spec = {"rules": [{"values": {"allowedValues": ["C0123"]}}]}
    cloud.plane.state.rules.org_policies["iam.allowedPolicyMemberDomains"] = spec
    assert cloud.run(DEPLOY, "sign-in").returncode == 0
    public = ("gcloud", "functions", "add-invoker-policy-binding", "sign-in", "--region=us-central1")
    ended = cloud.run(*public, "--member=allUsers", f"--project={PROJECT_ID}")
    assert ended.returncode == 1
    assert "do not belong to a permitted customer" in ended.stderr
    describe = ("gcloud", "functions", "describe", "sign-in", "--region=us-central1", f"--project={PROJECT_ID}")
    described = cloud.run(*describe, "--format=value(state)")
    assert described.stdout.strip() == "ACTIVE"


def none_is_left() -> bool:
    listed = subprocess.run(["ps", "-A", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return "interrupted-in-a-test" not in listed


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_dry_run_prints_the_commands_and_needs_no_gcloud(tmp_path: Path) -> None:
    ended = deploy("--dry-run", "--project", PROJECT_ID, PATH=path_without_gcloud(tmp_path))
    assert ended.returncode == 0, ended.stderr
    commands = [line.split() for line in ended.stdout.splitlines()]
    assert [words[:5] for words in commands] == [["gcloud", "functions", "deploy", name, "--gen2"] for name in FLAGS]
    assert [
        words for words in commands if f"--project={PROJECT_ID}" not in words or "--source=functions" not in words
    ] == []


def test_the_environment_wins_over_what_follows_from_the_project() -> None:
    ended = deploy("--dry-run", "sign-in", PROJECT_ID=PROJECT_ID, CONTROL_BUCKET="another-bucket")
    assert "CONTROL_BUCKET=another-bucket" in ended.stdout
    assert f"BUCKET={PROJECT_ID}-voicemint-payloads" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ([], {}, "PROJECT_ID is not set"),
        (["--project", "My Project"], {}, "'My Project' is not a project id"),
        (["--project", "123456789012"], {}, "is not a project id"),
        (["--project", PROJECT_ID], {"REGION": "europe-west1"}, "REGION is 'europe-west1'"),
        (["--project", PROJECT_ID, "nope"], {}, f"expected one of: {' '.join(FLAGS)}"),
        (["--project", PROJECT_ID, "../project"], {}, "there is no function '../project'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_refuses_what_it_cannot_deploy(arguments: list[str], environment: dict[str, str], expected: str) -> None:
    ended = deploy("--dry-run", *arguments, **environment)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert expected in ended.stderr


def test_without_gcloud_it_says_where_to_get_it(tmp_path: Path) -> None:
    ended = deploy("--project", PROJECT_ID, PATH=path_without_gcloud(tmp_path))
    assert ended.returncode == 1
    assert "gcloud was not found. Install it: https://" in ended.stderr


def path_without_gcloud(folder: Path) -> str:
    for program in ("awk", "basename", "bash", "dirname", "grep", "sed", "paste", "python3"):
        (folder / program).symlink_to(shutil.which(program) or program)
    return str(folder)


def test_help_says_how_to_use_it() -> None:
    ended = deploy("--help")
    assert ended.returncode == 0
    assert "Usage: scripts/deploy.sh" in ended.stdout
