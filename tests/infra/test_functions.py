"""infra/functions/: one name everywhere, and what a function is told. gcloud reads it in scripts/test_deploy.py."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import main
import pytest
from owner.project import cloud_project
from voicemint import settings
from voicemint.calls.tasks import DISPATCH_DEADLINE_SECONDS
from voicemint.monitor.monitor import FLUSH_SECONDS, OVERLAP_SECONDS
from voicemint.settings import Settings

from .infra_files import FUNCTIONS, INFRA, PRIVATE, PUBLIC, ROOT

DOCUMENTED = set(re.findall(r"^([A-Z_]+) {2,}\S", settings.__doc__ or "", re.MULTILINE))
FRAMEWORK = {"THREADS"}  # functions-framework's own
DEVELOPMENT_ONLY = {"STORAGE_EMULATOR_HOST", "GCE_METADATA_HOST", "LOCAL_RUN_TOKEN", "HOST", "K_SERVICE", "DEBUG"}
BY_PROJECT = {"PROJECT_ID", "REGION", "BUCKET", "CONTROL_BUCKET"}  # scripts/deploy.sh says them
OWN_ACCESS = {"answer-phone"}  # asks OpenAI's signature, not a person
every_function = pytest.mark.parametrize(("name", "flags"), FUNCTIONS.items(), ids=FUNCTIONS)


def environment(flags: Mapping[str, Any]) -> dict[str, str]:
    told: dict[str, str] = flags["--set-env-vars"]
    return told


def test_one_name_everywhere() -> None:
    names = set(FUNCTIONS)
    assert {name.replace("-", "_") for name in names} == set(main.ENTRY_POINTS)
    assert names - PUBLIC == PRIVATE
    assert names >= PUBLIC
    assert [name for name in names if not (ROOT / "functions" / f"{name.replace('-', '_')}.py").is_file()] == []


@every_function
def test_the_entry_point_has_the_functions_name(name: str, flags: dict[str, Any]) -> None:
    assert flags["--entry-point"] == name.replace("-", "_")


@every_function
def test_each_request_has_a_thread(name: str, flags: dict[str, Any]) -> None:
    assert environment(flags)["THREADS"] == str(flags["--concurrency"])


@every_function
def test_instances_are_few_and_none_is_kept(name: str, flags: dict[str, Any]) -> None:
    assert flags["--max-instances"] in (3, 5)
    assert flags["--min-instances"] == 0


@every_function
def test_it_is_told_only_what_it_reads(name: str, flags: dict[str, Any]) -> None:
    told = environment(flags)
    assert set(told) - FRAMEWORK <= DOCUMENTED - DEVELOPMENT_ONLY - BY_PROJECT
    assert [value for value in told.values() if not isinstance(value, str)] == []


@every_function
def test_its_settings_are_accepted_on_cloud_run(name: str, flags: dict[str, Any]) -> None:
    read = Settings.from_environ({**environment(flags), "K_SERVICE": name, "CONTROL_BUCKET": "control"})
    assert read.access == "invite"


@every_function
def test_secrets_are_mounted_where_it_looks_each_in_a_folder_of_its_own(name: str, flags: dict[str, Any]) -> None:
    defaults = Settings.from_environ({"CONTROL_BUCKET": "control"})
    mounted = flags["--set-secrets"]
    known = (defaults.openai_api_key_file, defaults.signing_key_file, defaults.webhook_secret_file)
    assert set(mounted) <= set(map(str, known))
    assert str(defaults.signing_key_file) in mounted
    assert len({Path(file).parent for file in mounted}) == len(mounted)
    assert [file for file, secret in mounted.items() if secret != f"{Path(file).parent.name}:latest"] == []


@every_function
def test_who_may_invoke_it_is_not_said_at_each_deployment(name: str, flags: dict[str, Any]) -> None:
    assert [flag for flag in flags if "allow-unauthenticated" in flag] == []


@every_function
def test_nothing_in_it_depends_on_the_project(name: str, flags: dict[str, Any]) -> None:
    text = (INFRA / "functions" / f"{name}.yaml").read_text()
    assert re.findall(r"--project|--region|service-account|projects/|googleapis|\$", text) == []


def test_limits_are_those_that_the_owners_command_prints() -> None:
    file = INFRA / "functions" / "mint-client-secret.yaml"
    project = cloud_project({"PROJECT_ID": "my-project"}, INFRA / "project.env", file)
    deployed = FUNCTIONS["mint-client-secret"]
    assert project.max_instances == deployed["--max-instances"]
    assert project.limits_from == "infra/functions/mint-client-secret.yaml"
    assert str(project.settings.daily_limit) == environment(deployed)["DAILY_LIMIT"]


def test_all_public_functions_know_people_the_same_way() -> None:
    assert len({environment(FUNCTIONS[name])["VOICEMINT_ACCESS"] for name in PUBLIC - OWN_ACCESS}) == 1


def test_a_function_that_admits_calls_has_the_limits_of_the_mint() -> None:
    limits = {"DAILY_LIMIT", "DAILY_BLOCK", "PERSON_PER_MINUTE", "INSTANCE_PER_MINUTE", "MONTHLY_MINUTES"}
    told = [environment(flags) for flags in FUNCTIONS.values() if "DAILY_LIMIT" in environment(flags)]
    assert len(told) > 1
    for name in ("PERSON_DAILY_LIMIT", "MAX_CALLS_AT_ONCE"):  # of people; the telephone has limits of its own
        assert len({each[name] for each in told if name in each}) == 1
    assert [[each[name] for name in limits] for each in told[1:]] == [[told[0][name] for name in limits]] * (
        len(told) - 1
    )


def test_to_end_a_call_there_is_always_a_thread_beside_the_watches() -> None:
    assert FUNCTIONS["watch-call"]["--concurrency"] >= watches_at_once() + 20


def watches_at_once() -> int:
    source = (ROOT / "functions" / "watch_call.py").read_text()
    return int(re.findall(r"^MAX_WATCHES = (\d+)", source, re.MULTILINE)[0])


def test_a_request_to_watch_ends_before_cloud_tasks_gives_it_up() -> None:
    handed_over = Settings.from_environ({"CONTROL_BUCKET": "control"}).watch_seconds + OVERLAP_SECONDS + FLUSH_SECONDS
    assert handed_over < DISPATCH_DEADLINE_SECONDS == int(FUNCTIONS["watch-call"]["--timeout"].removesuffix("s"))
