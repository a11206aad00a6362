"""scripts/bootstrap.sh in a project with conditions of its own: waited out, gone round, or told as what they are."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from standins.google.control_plane.apis.secretmanager import secrets_of
from standins.google.control_plane.apis.storage import store_of
from standins.google.control_plane.state.state import Snapshot, State
from standins.serving import ServerThread

from ..google import PROJECT_ID, needs_gcloud
from .bootstrapping import Owner, owner_on, told

pytestmark = [needs_gcloud, pytest.mark.timeout(1700)]
CONTROL = f"{PROJECT_ID}-voicemint-control"
ONLY_HERE = {"rules": [{"values": {"allowedValues": ["in:us-central1-locations"]}}]}


@pytest.fixture(scope="module")
def owner(
    servers: ServerThread, tmp_path_factory: pytest.TempPathFactory, quiet_tree: Path, warm_path: str
) -> Iterator[tuple[Owner, Snapshot]]:
    with owner_on(servers, tmp_path_factory.mktemp("conditions"), quiet_tree, warm_path) as owner:
        yield owner, owner.plane.state.snapshot()


@pytest.fixture
def empty(owner: tuple[Owner, Snapshot]) -> Owner:
    somebody, nothing = owner
    somebody.plane.state.restore(nothing)
    somebody.forget()
    return somebody


def asked(state: State, path: str) -> int:
    return sum(entry.method == "POST" and entry.path.endswith(path) for entry in state.log)


def keep_control_bucket(owner: Owner) -> None:
    """Somebody's retention period."""
    bucket = store_of(owner.plane.state).bucket(CONTROL)
    kept = {"retentionPeriod": "86400", "effectiveTime": "2026-11-01T00:00:00Z"}
    bucket.change({**bucket.record().attributes, "retentionPolicy": kept})


def test_fresh_roles_are_waited_for_secrets_go_where_they_may_and_the_stop_switch_can_be_written(empty: Owner) -> None:
    """Permissions and the roles of the builder are a moment old, one region is allowed; then a bucket is kept."""
    rules = empty.plane.state.rules
    rules.fresh_permissions |= {"iam.serviceAccounts.list": 1, "secretmanager.secrets.create": 2}
    rules.fresh_permissions |= {"cloudtasks.queues.create": 1}
    rules.fresh_builds = 1
    rules.org_policies["gcp.resourceLocations"] = ONLY_HERE
    ended = empty.bootstrap("--yes")
    assert ended.returncode == 0, ended.stderr
    assert "this account may not do it, or the role is a moment old: again in" in ended.stderr
    assert "the account that builds lacks a role, or the role is a moment old: again in" in ended.stderr
    assert (
        "An organization policy allows only some locations: the secret has its replica in us-central1" in ended.stderr
    )
    assert rules.fresh_builds == sum(rules.fresh_permissions.values()) == 0
    replications = [secret.fields["replication"] for secret in secrets_of(empty.plane.state, PROJECT_ID).all()]
    assert replications == [{"userManaged": {"replicas": [{"location": "us-central1"}]}}] * 3
    keep_control_bucket(empty)
    again = empty.bootstrap("--yes")
    assert again.returncode == 0, again.stderr
    assert f"Correct the bucket {CONTROL}: no retention period, so that the stop switch can be written" in again.stdout
    assert "retentionPolicy" not in store_of(empty.plane.state).bucket(CONTROL).record().attributes
    assert "gcloud secrets delete" not in again.stdout + again.stderr


def test_terms_and_a_region_without_builds_are_told_as_what_they_are_and_tried_once(empty: Owner) -> None:
    empty.plane.state.rules.terms_accepted = False
    empty.plane.state.rules.unbuildable_regions |= {"us-central1"}
    ended = empty.bootstrap("--yes", "--json")
    assert ended.returncode == 1
    failed = {step["failure"]: step for step in told(ended)["result"]["steps"] if step["outcome"] == "failed"}
    assert failed.keys() == {"firebase-terms", "no-build-region"}
    assert "https://console.firebase.google.com" in failed["firebase-terms"]["fix"]
    assert "Choose another REGION" in failed["no-build-region"]["fix"]
    assert "roles/owner" not in ended.stderr
    assert asked(empty.plane.state, ":addFirebase") == 1
    assert asked(empty.plane.state, "/functions") == 1


def test_a_service_perimeter_is_told_before_anything_is_written(empty: Owner) -> None:
    empty.plane.state.rules.perimeter |= {"storage.googleapis.com", "secretmanager.googleapis.com"}
    empty.plane.state.project(PROJECT_ID).services |= dict.fromkeys(empty.plane.services, 0)
    ended = empty.bootstrap("--yes")
    assert (ended.returncode, empty.writes()) == (1, []), ended.stderr
    assert "VPC Service Controls" in ended.stderr
    assert "Ask who administers the perimeter" in ended.stderr
    assert "roles/owner" not in ended.stderr


def test_a_region_that_the_organization_forbids_is_told_before_anything_is_written(empty: Owner) -> None:
    rules = {"rules": [{"values": {"allowedValues": ["in:europe-locations"]}}]}
    empty.plane.state.rules.org_policies["gcp.resourceLocations"] = rules
    ended = empty.bootstrap("--yes")
    assert (ended.returncode, empty.writes()) == (1, []), ended.stderr
    assert "An organization policy forbids us-central1: gcp.resourceLocations" in ended.stderr
    assert "Choose another REGION" in ended.stderr
