"""Other people's things under our names: nothing of theirs is written, changed or deleted, and each is named before."""

import json
from typing import Any

import pytest
from standins.google.control_plane.apis.cloudfunctions import Functions
from standins.google.control_plane.state.run_services import Services
from standins.google.control_plane.state.state import State

from ..google import PROJECT_ID, needs_gcloud
from .bootstrapping import OPENAI_KEY, Owner, Provisioned, told
from .strangers import IN_THE_WAY, NAMES, OF_BUILDS, PLACE, plant_service, plant_strangers

pytestmark = [needs_gcloud, pytest.mark.timeout(1700)]
YES = ("--yes", "--project", PROJECT_ID)
UNTIL_2030 = {"title": "until 2030", "expression": 'request.time < timestamp("2030-01-01T00:00:00Z")'}
AUDITOR = "user:auditor@example.com"


@pytest.fixture
def crowded(provisioned: Provisioned) -> Owner:
    """Nothing of ours is there yet, but somebody else's everything."""
    owner = provisioned.at(provisioned.empty)
    plant_strangers(owner.plane.state)
    owner.plane.state.log.clear()
    return owner


@pytest.fixture
def applied(provisioned: Provisioned) -> Owner:
    return provisioned.at(provisioned.applied)


def named(findings: list[dict[str, str]], status: str) -> set[str]:
    """KIND/NAME of what the doctor calls somebody else's."""
    ids = [found["id"] for found in findings if found["status"] == status]
    return {id_.removeprefix("foreign:") for id_ in ids if id_.startswith("foreign:")}


def test_the_doctor_names_everything_that_is_somebody_elses(crowded: Owner) -> None:
    ended = crowded.run("doctor.sh", "--json")
    findings = json.loads(ended.stdout)["findings"]
    assert (named(findings, "problem"), named(findings, "warning")) == (IN_THE_WAY, OF_BUILDS)
    account = next(found for found in findings if found["id"] == "foreign:account/deployer")
    assert account["title"] == "The service account deployer is there, and Voicemint did not make it"
    assert account["detail"] == "it says: our CI, since 2019"
    assert "--adopt account/deployer" in account["fix"]
    assert crowded.writes() == []


def test_the_doctor_neither_reads_nor_tries_somebody_elses_key(crowded: Owner) -> None:
    crowded.run("doctor.sh", "--json")
    asked = [entry.path for entry in crowded.plane.state.log if entry.path.endswith(":access")]
    assert [path for path in asked if "openai-api-key" in path] == []


def test_a_bootstrap_names_everything_and_writes_nothing(crowded: Owner) -> None:
    before = crowded.state()
    ended = crowded.bootstrap("--yes")
    assert (ended.returncode, crowded.writes(), crowded.state()) == (1, [], before)
    for thing in IN_THE_WAY | OF_BUILDS:
        name = thing.partition("/")[2]
        assert f" {name} is there, and Voicemint did not make it" in ended.stderr, thing
    assert "Nothing was changed." in ended.stderr


def test_no_step_of_a_plan_is_about_somebody_elses(crowded: Owner) -> None:
    ended = crowded.bootstrap("--dry-run", "--json")
    assert ended.returncode == 0, ended.stderr
    lines = [line for step in told(ended)["plan"]["steps"] for line in step["commands"]]
    for theirs in (
        "openai-api-key --", "deployer@", "queues update calls", "repositories update", f"gs://{NAMES.bucket}",
        "binding watch-call", "functions deploy sign-in", "release.sh", "budgets",
    ):  # fmt: skip
        assert [line for line in lines if theirs in line] == [], theirs


def test_a_teardown_deletes_nothing_of_it_and_says_so(crowded: Owner) -> None:
    before = crowded.state()
    ended = crowded.teardown(*YES, "--delete-data")
    assert (ended.returncode, crowded.writes(), crowded.state()) == (0, [], before), ended.stderr
    [note] = [line for line in ended.stdout.splitlines() if "Voicemint did not make them" in line]
    assert set(note.replace(",", "").split()) >= IN_THE_WAY | OF_BUILDS


def test_functions_are_not_deployed_over_somebody_elses(crowded: Owner) -> None:
    ended = crowded.run("deploy.sh")
    assert (ended.returncode, crowded.writes()) == (1, [])
    assert "function/sign-in service/watch-call" in ended.stderr


def test_what_is_adopted_by_name_becomes_ours_and_goes_with_a_teardown(crowded: Owner) -> None:
    del crowded.plane.state.part(Services)[(PROJECT_ID, "us-central1", "watch-call")]  # which cannot be adopted
    crowded.plane.state.policies.drop(f"{PLACE}/services/watch-call")
    adopting = [f"--adopt={thing}" for thing in sorted(IN_THE_WAY - {"service/watch-call"})]
    ended = crowded.bootstrap("--yes", *adopting)
    assert ended.returncode == 0, ended.stderr
    assert crowded.openai_keys() == [OPENAI_KEY]
    assert crowded.state()["budgets"] == ["Voicemint"]
    crowded.plane.state.log.clear()
    # In this tree release.sh releases nothing, so the page is still the other one.
    again = crowded.bootstrap("--yes", f"--adopt=site/{PROJECT_ID}")
    assert (again.returncode, crowded.writes()) == (0, []), again.stderr
    ended = crowded.teardown(*YES, "--delete-data")
    assert ended.returncode == 0, ended.stderr
    assert crowded.state()["buckets"] == {}
    assert crowded.state()["secrets"].keys() == {"smoke-session"}
    assert crowded.state()["queues"] == {}


@pytest.mark.parametrize(
    ("thing", "todo"),
    [
        ("service/watch-call", "a function is not deployed over a service"),
        ("secret/another", "scripts/doctor.sh names"),
        ("everything", "scripts/doctor.sh names"),
    ],
)
def test_what_cannot_be_adopted_is_refused(crowded: Owner, thing: str, todo: str) -> None:
    ended = crowded.bootstrap("--yes", "--adopt", thing)
    assert (ended.returncode, crowded.writes()) == (1, [])
    assert todo in ended.stderr


def test_a_public_service_of_somebody_else_stays_public_beside_a_deployment_of_ours(applied: Owner) -> None:
    """As when watch-call was deleted, and its name used for something else."""
    del applied.plane.state.part(Services)[(PROJECT_ID, "us-central1", "watch-call")]
    del applied.plane.state.part(Functions)[f"{PLACE}/functions/watch-call"]
    applied.plane.state.policies.drop(f"{PLACE}/services/watch-call")
    plant_service(applied.plane.state)
    ended = applied.bootstrap("--yes")
    assert (ended.returncode, applied.writes()) == (1, [])
    assert "The Cloud Run service watch-call is there, and Voicemint did not make it" in ended.stderr


# Policies with conditions.


PLACES = {
    "secret": f"projects/{PROJECT_ID}/secrets/signing-key",
    "bucket": f"b/{NAMES.control_bucket}",
    "transcripts": f"b/{NAMES.bucket}",
    "service": f"{PLACE}/services/sign-in",
    "queue": f"{PLACE}/queues/calls",
    "repository": f"{PLACE}/repositories/voicemint",
    "account": f"projects/{PROJECT_ID}/serviceAccounts/{NAMES.email('call-tasks')}",
    "project": f"projects/{PROJECT_ID}",
}


def give_conditions(state: State) -> None:
    """Somebody may look at each of them until 2030, and our deployer too, by somebody's hand, at the project."""
    for where in PLACES.values():
        policy = state.policies.of(where)
        policy.bindings.append({"role": "roles/browser", "members": [AUDITOR], "condition": UNTIL_2030})
        policy.changes += 1


def take_ours(state: State) -> None:
    """Every plain binding of ours is missing."""
    for where in PLACES.values():
        policy = state.policies.of(where)
        policy.bindings = [found for found in policy.bindings if "condition" in found]
        policy.changes += 1


def test_beside_bindings_with_a_condition_ours_are_added_and_taken_away_and_theirs_stay(applied: Owner) -> None:
    give_conditions(applied.plane.state)
    wanted = applied.state()["policies"]
    take_ours(applied.plane.state)
    member = f"serviceAccount:{NAMES.email('deployer')}"
    extra = {"role": "roles/browser", "members": [member], "condition": {**UNTIL_2030, "description": "a, b=c"}}
    for kind in ("project", "queue", "bucket", "transcripts"):
        applied.plane.state.policies.of(PLACES[kind]).bindings.append(extra)
    ended = applied.bootstrap("--yes")
    assert ended.returncode == 0, ended.stderr
    ours = {where: only_ours(found) for where, found in wanted.items()}
    assert {where: only_ours(found) for where, found in applied.state()["policies"].items()} == ours
    assert all(theirs_is_there(applied.plane.state, where) for where in PLACES.values())
    assert applied.teardown(*YES).returncode == 0
    assert {where: ours for where, found in applied.state()["policies"].items() if (ours := only_ours(found))} == {}
    assert all(theirs_is_there(applied.plane.state, PLACES[kept]) for kept in ("project", "bucket", "transcripts"))


def theirs_is_there(state: State, where: str) -> bool:
    return ("roles/browser", AUDITOR, UNTIL_2030["title"]) in state.policies.bindings_of(where)


def only_ours(bindings: set[Any]) -> set[Any]:
    ours = f"@{PROJECT_ID}.iam.gserviceaccount.com"
    return {found for found in bindings if ours in found[1] or found[1] == "allUsers"}
