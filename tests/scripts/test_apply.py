"""Doing a plan's steps where Google has conditions: no process, no network."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from common.gcloud import Gcloud, GcloudFailed
from common.names import read_names
from common.retry import Backoff
from common.secret_names import SIGNING_KEY
from provision.apply import Applying, Secrets
from provision.desired import Desired, read_desired
from provision.reality import Identity, Reality
from provision.resources import bucket_steps, secret_steps
from provision.steps import Plan, Step

ROOT = Path(__file__).parents[2]
PROJECT_ID = "applied-in-a-test"
FORBIDDEN = (
    "ERROR: FAILED_PRECONDITION: Constraint constraints/gcp.resourceLocations violated for [orgpolicy:projects/1] "
    "attempting to create a secret in [global]."
)
FRESH = "ERROR: PERMISSION_DENIED: Permission 'secretmanager.secrets.create' denied"


@dataclass(frozen=True)
class Refusing(Gcloud):
    """Each command is refused with these words, as often as it is said here, and then done."""

    refusals: dict[str, list[str]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)

    def run(self, command: Any, **_how: Any) -> str:
        line = " ".join(command)
        for part, words in self.refusals.items():
            if part in line and words:
                raise GcloudFailed(line, words.pop(0))
        self.done.append(line)
        return ""


@pytest.fixture
def desired() -> Desired:
    return read_desired(ROOT, read_names({}, ROOT / "infra" / "project.env", PROJECT_ID))


def create_signing_key(desired: Desired) -> Step:
    steps = secret_steps(Gcloud(PROJECT_ID), desired, Reality(identity=IDENTITY), new_key=False)
    return next(step for step in steps if step.id == f"secret/{SIGNING_KEY}")


IDENTITY = Identity(number="1", name="", state="ACTIVE", billing_account="")


def apply(step: Step, **refusals: list[str]) -> tuple[str, list[str]]:
    gcloud = Refusing(PROJECT_ID, refusals=refusals)
    (ended,) = Applying(gcloud, Secrets(), Backoff(sleep=lambda _seconds: None)).run(Plan((step,)))
    return ended.outcome, gcloud.done


def test_a_secret_is_where_google_likes(desired: Desired) -> None:
    outcome, done = apply(create_signing_key(desired))
    assert outcome == "done"
    assert ["--replication-policy=automatic" in line for line in done] == [True]


def test_a_secret_is_in_the_region_where_an_organization_allows_only_some_locations(desired: Desired) -> None:
    outcome, done = apply(create_signing_key(desired), **{"--replication-policy=automatic": [FORBIDDEN] * 9})
    assert outcome == "done"
    assert ["--replication-policy=user-managed --locations=us-central1" in line for line in done] == [True]


@pytest.mark.parametrize(("times", "outcome"), [(1, "done"), (5, "done"), (6, "failed")])
def test_a_role_that_is_a_moment_old_is_waited_for_within_a_limit(times: int, outcome: str, desired: Desired) -> None:
    assert apply(create_signing_key(desired), create=[FRESH] * times)[0] == outcome


@pytest.mark.parametrize(
    ("kept", "flags"),
    [
        ({"retentionPolicy": {"retentionPeriod": "86400"}}, "--clear-retention-period"),
        ({"defaultEventBasedHold": True}, "--no-default-event-based-hold"),
        ({"retentionPolicy": {"retentionPeriod": "86400", "isLocked": True}}, ""),
        ({}, ""),
    ],
    ids=["a period", "a hold", "a locked period", "nothing"],
)
def test_what_keeps_the_stop_switch_from_being_written_is_taken_away(
    kept: dict[str, Any], flags: str, desired: Desired
) -> None:
    buckets = {bucket.name: dict(kept) for bucket in desired.buckets}
    reality = Reality(identity=IDENTITY, buckets=buckets)
    lines = {step.id: step.lines for step in bucket_steps(Gcloud(PROJECT_ID), desired, reality)}
    of_control, of_payloads = (" ".join(lines[f"bucket/{bucket.name}"]) for bucket in desired.buckets)
    assert flags in of_control
    assert flags or ("retention-period" not in of_control and "hold" not in of_control)
    assert "retention-period" not in of_payloads
