"""A project in which other people have things under every name that Voicemint uses."""

import json
from collections.abc import Callable
from typing import Any

from common.build_names import SESSION_SECRET, TRIGGER
from common.names import Names
from provision.desired import read_desired
from standins.google.control_plane import ControlPlane
from standins.google.control_plane.artifactregistry import Repositories
from standins.google.control_plane.billingbudgets import Budgets
from standins.google.control_plane.cloudbuild import Triggers
from standins.google.control_plane.cloudfunctions import Function, Functions
from standins.google.control_plane.cloudtasks import DEFAULTS, Queues
from standins.google.control_plane.firebase import FirebaseProjects
from standins.google.control_plane.hosting_sites import Sites
from standins.google.control_plane.monitoring import Resources
from standins.google.control_plane.run_services import Code, Services
from standins.google.control_plane.secretmanager import secrets_of
from standins.google.control_plane.storage import store_of

from ..google import BILLING_ACCOUNT, OWNER, PROJECT_ID, PROJECT_NUMBER
from .tree import ROOT

REGION = "us-central1"
PLACE = f"projects/{PROJECT_ID}/locations/{REGION}"
NAMES = Names(
    project_id=PROJECT_ID,
    region=REGION,
    bucket=f"{PROJECT_ID}-voicemint-payloads",
    control_bucket=f"{PROJECT_ID}-voicemint-control",
    site=PROJECT_ID,
    said_site_url="",
    project_number=PROJECT_NUMBER,
    billing_account=BILLING_ACCOUNT,
)
DESIRED = read_desired(ROOT, NAMES)
# KIND/NAME of each, as doctor, bootstrap and --adopt call it; what a bootstrap would touch, and what trigger.sh would.
IN_THE_WAY = frozenset(
    {
        "account/deployer",
        "alert/slow-mint",
        f"bucket/{NAMES.bucket}",
        f"bucket/{NAMES.control_bucket}",
        "budget/Voicemint",
        "dashboard/Voicemint",
        "function/sign-in",
        "queue/calls",
        "repository/voicemint",
        "secret/openai-api-key",
        "service/watch-call",
        f"site/{PROJECT_ID}",
    }
)
OF_BUILDS = frozenset({f"trigger/{TRIGGER}", f"secret/{SESSION_SECRET}"})


def plant_strangers(plane: ControlPlane) -> None:
    """All of it. Their APIs are on."""
    project = plane.project(PROJECT_ID)
    project.services |= dict.fromkeys(DESIRED.services, 0)
    plants: tuple[Callable[[ControlPlane], None], ...] = (
        plant_account, plant_secrets, plant_buckets, plant_repository, plant_queue, plant_function, plant_service,
        plant_page, plant_watching, plant_trigger,
    )  # fmt: skip
    for plant in plants:
        plant(plane)


def plant_account(plane: ControlPlane) -> None:
    """A CI of 2019, whose keys somebody holds."""
    plane.accounts.create(plane.project(PROJECT_ID), "deployer", {"description": "our CI, since 2019"}, 0)
    plane.policies.grant(f"projects/{PROJECT_ID}", "roles/run.admin", f"serviceAccount:{NAMES.email('deployer')}")


def plant_secrets(plane: ControlPlane) -> None:
    fields = {"replication": {"automatic": {}}, "labels": {"team": "search"}}
    secret = secrets_of(plane, PROJECT_ID).create("openai-api-key", fields)
    secret.add_version(b"sk-theirs-of-last-year-0123456789", None)
    secret.add_version(b"sk-theirs-0123456789abcdefghijklm", None)
    secrets_of(plane, PROJECT_ID).create(SESSION_SECRET, fields).add_version(b"theirs", None)


def plant_buckets(plane: ControlPlane) -> None:
    for name in (NAMES.bucket, NAMES.control_bucket):
        store_of(plane).create_bucket(name, {"location": REGION.upper()}, PROJECT_NUMBER)


def plant_repository(plane: ControlPlane) -> None:
    name = f"{PLACE}/repositories/voicemint"
    plane.part(Repositories)[name] = {"name": name, "format": "DOCKER", "description": "of another team"}


def plant_queue(plane: ControlPlane) -> None:
    name = f"{PLACE}/queues/calls"
    plane.part(Queues)[name] = {**json.loads(json.dumps(DEFAULTS)), "name": name, "state": "RUNNING"}


def plant_function(plane: ControlPlane) -> None:
    """Private, and with code of its own."""
    at = {"bucket": f"gcf-v2-uploads-{PROJECT_NUMBER}-{REGION}", "object": "theirs.zip"}
    said = {
        "labels": {"team": "accounts"},
        "serviceConfig": {},
        "buildConfig": {"runtime": "python312", "entryPoint": "theirs", "source": {"storageSource": at}},
    }
    plane.part(Functions)[f"{PLACE}/functions/sign-in"] = Function(said, b"their source")
    _service(plane, "sign-in").labels = {"goog-managed-by": "cloudfunctions", "team": "accounts"}


def plant_service(plane: ControlPlane) -> None:
    """Public."""
    _service(plane, "watch-call")
    plane.policies.grant(f"{PLACE}/services/watch-call", "roles/run.invoker", "allUsers")


def _service(plane: ControlPlane, name: str) -> Any:
    service = plane.part(Services).get_or_make(plane.project(PROJECT_ID), REGION, name)
    service.add_revision({"spec": {"containers": [{"image": "theirs"}]}}, Code(b"", "", (), PROJECT_ID))
    return service


def plant_page(plane: ControlPlane) -> None:
    plane.part(FirebaseProjects).add(PROJECT_ID)
    plane.part(Sites).add_default(plane.project(PROJECT_ID))
    site = plane.part(Sites)[PROJECT_ID]
    version = site.add_version(OWNER, {})
    site.finalize(version)
    site.release(site.channel("live"), version.name, OWNER, "")


def plant_watching(plane: ControlPlane) -> None:
    """An alert, a dashboard and a budget that are called as ours are."""
    alert = next(alert for alert in DESIRED.alerts if alert.stem == "slow-mint")
    theirs = {"userLabels": {}, "enabled": True, "documentation": {"content": "Call Tom.", "mimeType": "text/markdown"}}
    name = f"projects/{PROJECT_ID}/alertPolicies/1"
    plane.part(Resources)[name] = {**alert.content, **theirs, "name": name}
    name = f"projects/{PROJECT_NUMBER}/dashboards/theirs"
    plane.part(Resources)[name] = {"displayName": "Voicemint", "gridLayout": {}, "name": name, "etag": "BQ=="}
    name = f"billingAccounts/{BILLING_ACCOUNT}/budgets/theirs"
    plane.part(Budgets)[name] = {
        "name": name, "displayName": "Voicemint", "etag": "BQ==",
        "amount": {"specifiedAmount": {"units": "500", "currencyCode": "EUR"}},
        "budgetFilter": {"projects": [f"projects/{PROJECT_NUMBER}"], "calendarPeriod": "YEAR"},
        "thresholdRules": [{"thresholdPercent": 0.8, "spendBasis": "CURRENT_SPEND"}],
    }  # fmt: skip


def plant_trigger(plane: ControlPlane) -> None:
    plane.part(Triggers)["t"] = {
        "id": "t", "name": TRIGGER, "resourceName": f"{PLACE}/triggers/t", "createTime": "2026-01-01T00:00:00Z",
        "description": "of another team", "sourceToBuild": {"uri": "https://example.com", "ref": "refs/heads/main"},
    }  # fmt: skip
