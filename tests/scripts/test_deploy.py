"""scripts/deploy.sh with the real gcloud, against a loopback that records what Google is asked.

The requests are held to Google's own description of Cloud Functions v2, and to what infra/functions/ means.
"""

import io
import os
import shutil
import signal
import subprocess
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from owner.project import cloud_project
from standins.serving import ServerThread
from voicemint.settings import Settings

from ..infra.standins.google.discovery import validator
from .functions_api import FunctionsApi, gcloud_environment

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "scripts" / "deploy.sh"
FLAGS = {file.stem: yaml.safe_load(file.read_text()) for file in sorted((ROOT / "infra" / "functions").iterdir())}
PROJECT_ID = "deployed-in-a-test"
SYSTEM = {"PATH": os.environ["PATH"]}
needs_gcloud = pytest.mark.skipif(
    shutil.which("gcloud") is None,
    reason="NOT TESTED: gcloud is not installed: https://cloud.google.com/sdk/docs/install",
)
every_function = pytest.mark.parametrize("name", FLAGS)

Ended = subprocess.CompletedProcess[str]


def deploy(*arguments: str, **environment: str) -> Ended:
    return subprocess.run(
        [DEPLOY, *arguments], env={**SYSTEM, **environment}, capture_output=True, text=True, timeout=60
    )


@dataclass(frozen=True)
class Cloud:
    api: FunctionsApi
    environment: dict[str, str]

    def deploy(self, *arguments: str) -> Ended:
        return deploy("--project", PROJECT_ID, *arguments, **self.environment)


CloudOf = Callable[[FunctionsApi], Cloud]


@pytest.fixture(scope="module")
def cloud_of(servers: ServerThread, tmp_path_factory: pytest.TempPathFactory) -> CloudOf:
    def start(api: FunctionsApi) -> Cloud:
        return Cloud(api, gcloud_environment(servers.serve(api.app()), tmp_path_factory.mktemp("gcloud")))

    return start


@pytest.fixture(scope="module")
def deployed(cloud_of: CloudOf) -> tuple[Cloud, Ended]:
    """Every function, once, to a project that has none."""
    cloud = cloud_of(FunctionsApi())
    return cloud, cloud.deploy()


@pytest.fixture
def created(deployed: tuple[Cloud, Ended]) -> dict[str, Any]:
    return deployed[0].api.created


@needs_gcloud
def test_deploys_every_function_and_says_how_long_each_took(deployed: tuple[Cloud, Ended]) -> None:
    cloud, ended = deployed
    assert ended.returncode == 0, ended.stderr
    assert set(cloud.api.created) == set(FLAGS)
    assert [line.split()[:2] for line in ended.stdout.splitlines()] == [[name, "live"] for name in FLAGS]
    assert all(line.endswith(" s") for line in ended.stdout.splitlines())


@needs_gcloud
def test_every_line_of_gcloud_names_its_function(deployed: tuple[Cloud, Ended]) -> None:
    _, ended = deployed
    [title, *lines] = ended.stderr.splitlines()
    assert PROJECT_ID in title
    assert {line.partition(" | ")[0] for line in lines} == set(FLAGS)


@needs_gcloud
@every_function
def test_google_knows_every_field_of_the_request(name: str, created: dict[str, Any]) -> None:
    problems = validator("cloudfunctions.v2", "Function").iter_errors(created[name])
    assert [error.message for error in problems] == []


@needs_gcloud
@every_function
def test_a_function_runs_as_itself_and_is_built_by_the_builder(name: str, created: dict[str, Any]) -> None:
    domain = f"{PROJECT_ID}.iam.gserviceaccount.com"
    assert created[name]["serviceConfig"]["serviceAccountEmail"] == f"{name}@{domain}"
    build = created[name]["buildConfig"]
    assert build["serviceAccount"] == f"projects/{PROJECT_ID}/serviceAccounts/builder@{domain}"
    assert build["dockerRepository"].endswith("/repositories/voicemint")
    assert (build["runtime"], build["entryPoint"]) == ("python313", name.replace("-", "_"))
    assert build["environmentVariables"] == {"SOURCE_DATE_EPOCH": "315532800"}


@needs_gcloud
@every_function
def test_an_instance_has_a_thread_for_each_request_that_it_is_given(name: str, created: dict[str, Any]) -> None:
    service = created[name]["serviceConfig"]
    assert service["environmentVariables"]["THREADS"] == str(service["maxInstanceRequestConcurrency"])
    assert service["maxInstanceCount"] == FLAGS[name]["--max-instances"]
    assert (service["minInstanceCount"], service["availableCpu"], service["timeoutSeconds"]) == (0, "1", 30)
    assert (service["availableMemory"], service["ingressSettings"]) == ("512Mi", "ALLOW_ALL")


@needs_gcloud
@every_function
def test_secrets_are_files_where_the_function_looks(name: str, created: dict[str, Any]) -> None:
    service = created[name]["serviceConfig"]
    files = {
        f"{volume['mountPath']}/{version['path']}": (volume["secret"], version["version"])
        for volume in service["secretVolumes"]
        for version in volume["versions"]
    }
    settings = Settings.from_environ({**service["environmentVariables"], "K_SERVICE": name})
    expected = {str(settings.signing_key_file): ("signing-key", "latest")}
    if name == "mint-client-secret":
        expected[str(settings.openai_api_key_file)] = ("openai-api-key", "latest")
    assert files == expected
    assert "secretEnvironmentVariables" not in service


@needs_gcloud
@every_function
def test_a_function_is_told_the_buckets_that_the_owners_commands_use(name: str, created: dict[str, Any]) -> None:
    told = created[name]["serviceConfig"]["environmentVariables"]
    project_env, flags = ROOT / "infra" / "project.env", ROOT / "infra" / "functions" / "mint-client-secret.yaml"
    owner = cloud_project({"PROJECT_ID": PROJECT_ID}, project_env, flags).settings
    assert (told["PROJECT_ID"], told["BUCKET"], told["CONTROL_BUCKET"]) == (
        owner.project_id, owner.bucket, owner.control_bucket,
    )  # fmt: skip


@needs_gcloud
def test_what_is_uploaded_is_what_a_function_needs(deployed: tuple[Cloud, Ended]) -> None:
    names = [set(zipfile.ZipFile(io.BytesIO(source)).namelist()) for source in deployed[0].api.sources]
    assert len(names) == len(FLAGS)
    assert {"main.py", "requirements.txt", "agents/assistant.toml", "voicemint/http.py"} <= names[0]
    assert [name for name in names[0] if name.endswith((".pyc", ".env", "README.md", "requirements.in"))] == []


@needs_gcloud
def test_a_deployment_asks_for_its_project_only_and_leaves_alone_who_may_invoke(cloud_of: CloudOf) -> None:
    cloud = cloud_of(FunctionsApi())
    assert [cloud.deploy("sign-in").returncode, cloud.deploy("sign-in").returncode] == [0, 0]
    assert cloud.api.updated == ["sign-in"]
    asked = [request for request in cloud.api.requests if not request.endswith("/source.zip")]
    assert [request for request in asked if f"/projects/{PROJECT_ID}" not in request] == []
    assert [request for request in asked if "IamPolicy" in request] == []


@needs_gcloud
def test_one_that_fails_does_not_keep_the_others_back(cloud_of: CloudOf) -> None:
    cloud = cloud_of(FunctionsApi(refused=frozenset({"log-payload"})))
    ended = cloud.deploy("log-payload", "sign-in")
    assert ended.returncode == 1
    assert [line.split()[:2] for line in ended.stdout.splitlines()] == [["log-payload", "failed"], ["sign-in", "live"]]
    said_by_it = [line for line in ended.stderr.splitlines() if line.startswith("log-payload | ")]
    assert "may not create log-payload" in "".join(said_by_it)
    assert ended.stderr.splitlines()[-1].startswith("error: not every function is live")


@needs_gcloud
def test_interrupted_it_leaves_no_gcloud_behind(cloud_of: CloudOf) -> None:
    cloud = cloud_of(FunctionsApi(unfinished=frozenset(FLAGS)))
    with subprocess.Popen(
        [DEPLOY, "--project", "interrupted-in-a-test"], env={**SYSTEM, **cloud.environment},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            until(lambda: set(cloud.api.created) == set(FLAGS))
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 130
            until(none_is_left, seconds=5)
        finally:
            cloud.api.unfinished = frozenset()  # what is left behind comes to its end
            until(none_is_left)


def none_is_left() -> bool:
    listed = subprocess.run(["ps", "-A", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return "interrupted-in-a-test" not in listed


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
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
        (["--project"], {}, "--project needs a project id"),
        (["--project", "My Project"], {}, "'My Project' is not a project id"),
        (["--project", "123456789012"], {}, "is not a project id"),
        (["--project", PROJECT_ID], {"REGION": "europe-west1"}, "REGION is 'europe-west1'"),
        (["--project", PROJECT_ID, "nope"], {}, "expected one of: log-payload mint-client-secret sign-in"),
        (["--project", PROJECT_ID, "../project"], {}, "there is no function '../project'"),
        (["--projekt", PROJECT_ID], {}, "unknown option '--projekt'"),
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
    for program in ("bash", "dirname", "grep", "sed", "paste", "python3"):
        (folder / program).symlink_to(shutil.which(program) or program)
    return str(folder)


def test_help_says_how_to_use_it() -> None:
    ended = deploy("--help")
    assert ended.returncode == 0
    assert "Usage: scripts/deploy.sh" in ended.stdout
