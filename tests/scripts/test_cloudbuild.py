"""cloudbuild.yaml: every command of it but the tests is run, with what Cloud Build would give it."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from standins.google.control_plane.apis.registry import APIS
from standins.google.control_plane.framework.api import aiohttp_path
from standins.google.control_plane.state.request_log import Logged

from ..google import needs_gcloud
from .provisioned import PROJECT_ID
from .released import BUILD, SITE_URL, Released, plant_over, run_build
from .tree import ROOT, change_function

FUNCTIONS = sorted(file.stem for file in (ROOT / "infra" / "functions").glob("*.yaml"))
STEPS: dict[str, dict[str, Any]] = {step["id"]: step for step in BUILD["steps"]}
REWRITES = yaml.safe_load((ROOT / "web" / "firebase.json").read_text())["hosting"]["rewrites"]
USED_BY_THE_PAGE = {rewrite["run"]["serviceId"] for rewrite in REWRITES}
# What of Google's predefined roles a release needs; `deployer` of infra/iam.txt has these roles and no other.
PERMISSIONS = {
    "roles/cloudfunctions.developer": {
        "cloudfunctions.functions.create",
        "cloudfunctions.functions.get",
        "cloudfunctions.functions.list",
        "cloudfunctions.functions.sourceCodeSet",
        "cloudfunctions.functions.update",
        "cloudfunctions.operations.get",
        "cloudfunctions.runtimes.list",
        "resourcemanager.projects.get",
    },
    "roles/firebasehosting.admin": {
        "firebase.projects.get",
        "firebasehosting.sites.get",
        "firebasehosting.sites.update",
        "resourcemanager.projects.get",
    },
    "roles/run.developer": {"run.services.get", "run.services.list", "run.services.update", "run.revisions.get"},
    "roles/serviceusage.serviceUsageConsumer": {"serviceusage.services.get"},
}


def test_there_is_one_step_for_each_function_and_the_order_is_right() -> None:
    deployments = [f"deploy-{name}" for name in FUNCTIONS]
    assert list(STEPS) == ["check-and-test", "look", *deployments, "build-page", "release"]
    assert STEPS["look"]["waitFor"] == ["check-and-test"]
    assert all(STEPS[name]["waitFor"] == ["look"] for name in (*deployments, "build-page"))
    assert "waitFor" not in STEPS["release"]  # it waits for all of them


def test_the_first_step_checks_and_tests() -> None:
    *_, command = STEPS["check-and-test"]["script"].splitlines()
    assert command == 'in_container "$IMAGE" "" "scripts/check.sh && scripts/test.sh"'
    assert all((ROOT / "scripts" / script).is_file() for script in ("check.sh", "test.sh"))


def test_what_npm_and_pip_bring_runs_in_a_container_and_the_release_by_hash() -> None:
    installs = {name for name, step in STEPS.items() if re.search(r"ensure_|check\.sh|test\.sh", step["script"])}
    assert installs == {"check-and-test", "build-page"}
    for name in installs:
        assert [
            line for line in STEPS[name]["script"].splitlines() if re.search(r"ensure_|check\.sh|test\.sh", line)
        ] == [line for line in STEPS[name]["script"].splitlines() if line.startswith("in_container ")]
        assert STEPS[name]["name"] == "$_DOCKER"
    assert all("UV_NO_BUILD=1" in STEPS[name]["script"] for name in ("look", "release"))  # no package's build script
    assert "scripts/release.sh --deployed\n" in STEPS["release"]["script"]  # which builds no page where one is


@pytest.mark.parametrize("step", ["check-and-test", "look", "release"])
def test_a_build_of_no_branch_is_neither_tested_nor_released(step: str, tmp_path: Path) -> None:
    """A build started by hand, for a tag or by a webhook: BRANCH_NAME is empty."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    environment = {"PATH": os.environ["PATH"], "BRANCH": "", "REGION": "us-central1"}
    ended = subprocess.run(
        ["bash", "-c", STEPS[step]["script"]], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout) in ((1, ""), (2, ""))
    assert "error: this build is of no branch" in ended.stderr or "error: --channel needs a value" in ended.stderr


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_deployed_as_deploy_sh_does_it(name: str) -> None:
    in_build = command_of(STEPS[f"deploy-{name}"]["script"])
    deploy_sh = (ROOT / "scripts" / "deploy.sh").read_text()
    in_script = command_of(deploy_sh[deploy_sh.index('"${@:2}" gcloud') :].partition("\n}")[0])
    told = [word.replace("$1", name) for word in in_script]
    assert [word for word in in_build if not word.startswith("--update-labels")] == [
        word for word in told if not word.startswith("--update-labels")
    ]
    assert f"$(python3 scripts/common/fingerprint.py {name})" in in_build[-1]


def command_of(script: str) -> list[str]:
    """The words of its gcloud command."""
    return shlex.split(script[script.index("gcloud functions deploy") :])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_preview_leaves_functions_alone_that_others_than_the_page_call(name: str) -> None:
    guarded = "[[ $BRANCH != main ]]" in STEPS[f"deploy-{name}"]["script"]
    assert guarded == (name not in USED_BY_THE_PAGE)


def test_the_trigger_says_the_image_and_logs_are_kept_in_one_place() -> None:
    assert {step["name"] for step in BUILD["steps"]} == {"$_IMAGE", "$_DOCKER"}
    assert BUILD["options"]["logging"] == "CLOUD_LOGGING_ONLY"
    assert BUILD["serviceAccount"].endswith("/serviceAccounts/deployer@$PROJECT_ID.iam.gserviceaccount.com")
    assert all("timeout" in step for step in BUILD["steps"])


def test_substitutions_reach_scripts_as_variables_only() -> None:
    scripts = "".join(step["script"] for step in BUILD["steps"])
    assert re.findall(r"\$\{?_\w+|\$\{?BRANCH_NAME", scripts) == []
    names = {variable.partition("=")[0] for variable in BUILD["options"]["env"]}
    assert {"PROJECT_ID", "REGION", "BUCKET", "CONTROL_BUCKET", "BRANCH"} <= names


def test_only_the_release_has_the_session() -> None:
    assert [name for name, step in STEPS.items() if "secretEnv" in step] == ["release"]
    [secret] = BUILD["availableSecrets"]["secretManager"]
    assert secret["versionName"] == "projects/$PROJECT_ID/secrets/smoke-session/versions/latest"


@needs_gcloud
@pytest.mark.timeout(900)
def test_a_push_to_main_is_live_after_its_build(after_build: Released, built_release: Released) -> None:
    trigger, *steps = built_release.ended
    assert trigger.returncode == 0, trigger.stderr
    assert [(step.returncode, step.stderr) for step in steps if step.returncode] == []
    assert len(steps) == len(STEPS) - 1
    assert after_build.get(f"{SITE_URL}/changed.txt").text == "the second page"
    assert all("second release" in line for line in steps[-1].stdout.splitlines() if line.startswith("sign in"))


@needs_gcloud
@pytest.mark.timeout(900)
def test_no_call_of_a_build_needs_more_than_the_deployer_has(built_release: Released) -> None:
    roles = {line.split()[1] for line in (ROOT / "infra/iam.txt").read_text().splitlines() if line[:9] == "deployer "}
    assert set(PERMISSIONS) <= roles
    asked = {permission_of(entry) for entry in built_release.build_log} - {None}
    assert asked <= set().union(*PERMISSIONS.values())
    assert "cloudfunctions.functions.update" in asked
    assert [entry for entry in built_release.build_log if "etIamPolicy" in entry.path] == []


def permission_of(entry: Logged) -> str | None:
    """What the route demands that answered; none of what functions asked while they were tried."""
    for api in APIS:
        for route in api.routes:
            path = re.sub(r"\{\w+:([^{}]+)\}", r"(?:\1)", aiohttp_path(route.path))
            if entry.method == route.method and fits(entry.host, api.hosts) and re.fullmatch(path, entry.path):
                return route.demand.permission
    return None


def fits(host: str, patterns: tuple[str, ...]) -> bool:
    return any(re.fullmatch(re.escape(pattern).replace(r"\*", ".+"), host) for pattern in patterns)


@needs_gcloud
@pytest.mark.timeout(900)
def test_a_push_that_breaks_a_function_leaves_live_as_it_was(after_build: Released) -> None:
    before = after_build.live.resource()
    change_function(after_build.tree, "mint-client-secret", '"model": agent.model', '"model": 1 / 0')
    others = [f"deploy-{name}" for name in FUNCTIONS if name != "mint-client-secret"]
    *before_it, release = run_build(after_build, "main", without=others)
    assert ([step.returncode for step in before_it], release.returncode) == ([0, 0, 0], 1)
    assert "mint        FAILED" in release.stdout
    assert "The live site was not touched: it serves version" in release.stderr
    assert after_build.live.resource() == before


@needs_gcloud
@pytest.mark.timeout(900)
def test_a_build_names_what_is_somebody_elses_before_it_writes_anything(released: Released) -> None:
    """Voicemint's label at none of them: a function, a service, and a page that leads to none of our functions."""
    plant_over(released)
    [look] = run_build(released, "main")
    assert (look.returncode, released.plane.state.log.writes()) == (1, [])
    assert f"this release: function/sign-in, service/watch-call, site/{PROJECT_ID}. Nothing was changed." in look.stderr


@needs_gcloud
@pytest.mark.timeout(900)
def test_a_preview_does_not_ask_whose_the_live_page_is(released: Released) -> None:
    """Nor whose a function is that the page does not use: it writes over neither."""
    plant_over(released)
    [look] = run_build(released, "a branch")
    assert (look.returncode, released.plane.state.log.writes()) == (1, [])
    assert "this release: function/sign-in. Nothing was changed." in look.stderr
