"""scripts/teardown.sh with the real gcloud, on a local Google that scripts/bootstrap.sh has filled."""

from typing import Any

import pytest
from common.build_names import SESSION_SECRET, TRIGGER
from standins.google.control_plane.apis.cloudbuild import Triggers
from standins.google.control_plane.apis.cloudtasks import Queues
from standins.google.control_plane.apis.secretmanager import secrets_of
from standins.google.control_plane.apis.storage import store_of
from standins.google.control_plane.state.hosting_sites import Site, Sites

from ..google import PROJECT_ID, PROJECT_NUMBER, needs_gcloud
from .bootstrapping import Owner, Provisioned, State, told

pytestmark = [needs_gcloud, pytest.mark.timeout(1700)]
CONTROL, PAYLOADS = f"{PROJECT_ID}-voicemint-control", f"{PROJECT_ID}-voicemint-payloads"
YES = ("--yes", "--project", PROJECT_ID)
MARKED = {"managed-by": "voicemint"}
# What cannot be undone, or is not ours to undo: the APIs, Firebase and its site.
STAYS = ("services", "firebase", "sites")


@pytest.fixture
def applied(provisioned: Provisioned) -> Owner:
    return provisioned.at(provisioned.applied)


def left(state: State) -> dict[str, Any]:
    """What is left, but for what has to stay, and what the owner and Google's own accounts may do."""
    policies = {
        where: {(role, member) for role, member, _ in bindings if member == "allUsers" or is_ours(member)}
        for where, bindings in state["policies"].items()
    }
    told_of = {name: found for name, found in state.items() if name not in (*STAYS, "policies") and found}
    return told_of | (
        {"policies": found} if (found := {where: them for where, them in policies.items() if them}) else {}
    )


def is_ours(member: str) -> bool:
    return member.endswith(f"@{PROJECT_ID}.iam.gserviceaccount.com") or member.startswith("deleted:")


def test_with_the_data_nothing_is_left_that_bootstrap_made(applied: Owner) -> None:
    ended = applied.teardown(*YES, "--delete-data")
    assert ended.returncode == 0, ended.stderr
    assert left(applied.state()) == {}
    assert f"voicemint-{PROJECT_ID}" not in {
        item["name"] for item in applied.gcloud("config", "configurations", "list")
    }


def test_the_build_trigger_and_its_session_go_too(applied: Owner) -> None:
    applied.plane.state.part(Triggers)["t"] = trigger(TRIGGER)
    secrets_of(applied.plane.state, PROJECT_ID).create(
        SESSION_SECRET, {"replication": {"automatic": {}}, "labels": MARKED}
    )
    ended = applied.teardown(*YES, "--delete-data")
    assert ended.returncode == 0, ended.stderr
    assert applied.plane.state.part(Triggers) == {}
    assert left(applied.state()) == {}


def trigger(name: str) -> dict[str, Any]:
    place = f"projects/{PROJECT_ID}/locations/us-central1"
    return {
        "id": "t", "name": name, "resourceName": f"{place}/triggers/t", "createTime": "2026-01-01T00:00:00Z",
        "serviceAccount": f"projects/{PROJECT_ID}/serviceAccounts/deployer@{PROJECT_ID}.iam.gserviceaccount.com",
        "substitutions": {"_CONTROL_BUCKET": CONTROL},
    }  # fmt: skip


def test_running_it_again_is_harmless(applied: Owner) -> None:
    assert applied.teardown(*YES, "--delete-data").returncode == 0
    applied.plane.state.log.clear()
    ended = applied.teardown(*YES, "--delete-data")
    assert (ended.returncode, applied.writes()) == (0, [])
    assert "Nothing to do" in ended.stdout


def test_without_a_word_about_the_data_it_stays(applied: Owner) -> None:
    before = applied.state()["buckets"]
    ended = applied.teardown(*YES)
    assert ended.returncode == 0, ended.stderr
    assert applied.state()["buckets"] == before
    assert set(left(applied.state())) == {"buckets"}
    assert f"Kept, with everything in them: {CONTROL}, {PAYLOADS}" in ended.stdout


def test_after_a_teardown_a_bootstrap_makes_it_all_again(provisioned: Provisioned) -> None:
    owner = provisioned.at(provisioned.applied)
    wanted = owner.state()
    assert owner.teardown(*YES).returncode == 0
    ended = owner.bootstrap("--yes")
    assert ended.returncode == 1
    assert "FAILED: Google keeps the name of a deleted queue for some days" in ended.stderr
    owner.plane.state.part(Queues).deleted.clear()  # some days later
    ended = owner.bootstrap("--yes")
    assert ended.returncode == 0, ended.stderr
    assert owner.state() == wanted


def test_what_is_somebody_elses_is_not_touched(applied: Owner) -> None:
    plant_foreign_things(applied)
    ended = applied.teardown(*YES, "--delete-data")
    assert ended.returncode == 0, ended.stderr
    state = applied.state()
    assert state["accounts"] == [f"accounting@{PROJECT_ID}.iam.gserviceaccount.com"]
    assert state["buckets"].keys() == {"somebodys-holiday-pictures"}
    assert state["secrets"] == {"somebodys-password": ["ENABLED"]}
    assert ("roles/viewer", "user:accountant@example.com", None) in state["policies"][f"projects/{PROJECT_ID}"]
    assert [trigger["name"] for trigger in applied.plane.state.part(Triggers).values()] == ["nightly"]
    assert applied.plane.state.project(PROJECT_ID).services.keys() >= set(state["services"])


def plant_foreign_things(owner: Owner) -> None:
    state, project = owner.plane.state, owner.plane.state.project(PROJECT_ID)
    state.accounts.create(project, "accounting", {"description": "Not Voicemint's"}, 0)
    store_of(state).create_bucket("somebodys-holiday-pictures", {"location": "US-CENTRAL1"}, PROJECT_NUMBER)
    made = secrets_of(state, PROJECT_ID).create("somebodys-password", {"replication": {"automatic": {}}})
    made.add_version(b"correct horse", None)
    state.policies.grant(f"projects/{PROJECT_ID}", "roles/viewer", "user:accountant@example.com")
    state.part(Triggers)["t"] = trigger("nightly")


def test_the_page_is_taken_off_the_net(applied: Owner) -> None:
    site = applied.plane.state.part(Sites)[PROJECT_ID]
    release_our_page(site)
    ended = applied.teardown(*YES)
    assert ended.returncode == 0, ended.stderr
    assert site.channel("live").releases[-1].kind == "SITE_DISABLE"
    assert [step["id"] for step in told(applied.teardown("--dry-run", "--json"))["plan"]["steps"]] == []


def release_our_page(site: Site) -> None:
    version = site.add_version("owner@example.com", {})
    version.config = {"rewrites": [{"glob": "/api/access", "run": {"serviceId": "sign-in", "region": "us-central1"}}]}
    site.finalize(version)
    site.release(site.channel("live"), version.name, "owner@example.com", "")


@pytest.mark.parametrize("said", ["the default site", "SITE in the environment", "SITE in project.env"])
def test_the_page_is_taken_off_the_net_whatever_its_site_is_called(applied: Owner, said: str) -> None:
    sites, project = applied.plane.state.part(Sites), applied.plane.state.project(PROJECT_ID)
    del sites[PROJECT_ID]
    sites.add_default(project, {PROJECT_ID})
    [site] = sites.values() if said == "the default site" else [sites.add(project, "another-in-a-test")]
    if said == "SITE in project.env":
        applied.project_env.write_text(f"{applied.project_env.read_text()}SITE={site.site_id}\n")
    release_our_page(site)
    ended = applied.teardown(*YES, **({"SITE": site.site_id} if said == "SITE in the environment" else {}))
    assert ended.returncode == 0, ended.stderr
    assert site.channel("live").releases[-1].kind == "SITE_DISABLE"


def test_it_works_while_billing_is_off(applied: Owner) -> None:
    applied.plane.state.project(PROJECT_ID).billing_account = None
    ended = applied.teardown(*YES, "--delete-data")
    assert ended.returncode == 0, ended.stderr
    assert left(applied.state()) == {}


def test_a_plan_writes_nothing(applied: Owner) -> None:
    ended = applied.teardown("--dry-run", "--delete-data")
    assert (ended.returncode, applied.writes()) == (0, [])
    assert f"gcloud storage rm --recursive gs://{PAYLOADS} --project={PROJECT_ID}" in ended.stdout


def test_a_yes_needs_the_projects_name(applied: Owner) -> None:
    ended = applied.teardown("--yes")
    assert (ended.returncode, applied.writes()) == (2, [])
    assert "--yes needs --project ID" in ended.stderr


def test_without_a_terminal_it_refuses_and_says_how(applied: Owner) -> None:
    ended = applied.teardown()
    assert (ended.returncode, applied.writes()) == (1, [])
    assert f"say --yes --project {PROJECT_ID}" in ended.stderr


def test_another_project_than_the_remembered_one_is_refused(applied: Owner) -> None:
    applied.project_env.write_text(f"PROJECT_ID={PROJECT_ID}\nPROJECT_NUMBER=999999999999\nREGION=us-central1\n")
    ended = applied.teardown(*YES)
    assert (ended.returncode, applied.writes()) == (1, [])
    assert "project.env remembers the project number 999999999999" in ended.stderr


def test_help_says_how_to_use_it(applied: Owner) -> None:
    ended = applied.teardown("--help")
    assert ended.returncode == 0
    assert "Usage: scripts/teardown.sh" in ended.stdout


def test_what_cannot_be_deleted_keeps_back_nothing_else(applied: Owner) -> None:
    applied.plane.state.faults.arm("403", method="DELETE", path="/secrets/signing-key$", times=100)
    ended = applied.teardown(*YES, "--delete-data", "--json")
    assert ended.returncode == 1
    outcomes = {step["id"]: step["outcome"] for step in told(ended)["result"]["steps"]}
    assert [id_ for id_, outcome in outcomes.items() if outcome != "done"] == ["secret/signing-key"]
    assert left(applied.state())["secrets"] == {"signing-key": ["ENABLED"]}
