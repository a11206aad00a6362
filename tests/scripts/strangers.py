"""A project in which other people have things under every name that Voicemint uses."""

import json
from collections.abc import Callable
from typing import Any

from common.build_names import SESSION_SECRET, TRIGGER
from common.names import Names
from provision.desired import read_desired
from standins.google.control_plane.apis.artifactregistry import Repositories
from standins.google.control_plane.apis.billingbudgets import Budgets
from standins.google.control_plane.apis.cloudbuild import Triggers
from standins.google.control_plane.apis.cloudfunctions import Function, Functions
from standins.google.control_plane.apis.cloudtasks import DEFAULTS, Queues
from standins.google.control_plane.apis.firebase import FirebaseProjects
from standins.google.control_plane.apis.monitoring import Resources
from standins.google.control_plane.apis.secretmanager import secrets_of
from standins.google.control_plane.apis.storage import store_of
from standins.google.control_plane.state.hosting_sites import Sites
from standins.google.control_plane.state.run_services import Code, Services
from standins.google.control_plane.state.state import State

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


def plant_strangers(state: State) -> None:
    """All of it. Their APIs are on."""
    project = state.project(PROJECT_ID)
    project.services |= dict.fromkeys(DESIRED.services, 0)
    plants: tuple[Callable[[State], None], ...] = (
        plant_account, plant_secrets, plant_buckets, plant_repository, plant_queue, plant_function, plant_service,
        plant_page, plant_watching, plant_trigger,
    )  # fmt: skip
    for plant in plants:
        plant(state)


def plant_account(state: State) -> None:
    """A CI of 2019, whose keys somebody holds."""
    state.accounts.create(state.project(PROJECT_ID), "deployer", {"description": "our CI, since 2019"}, 0)
    state.policies.grant(f"projects/{PROJECT_ID}", "roles/run.admin", f"serviceAccount:{NAMES.email('deployer')}")


def plant_secrets(state: State) -> None:
    fields = {"replication": {"automatic": {}}, "labels": {"team": "search"}}
    secret = secrets_of(state, PROJECT_ID).create("openai-api-key", fields)
    secret.add_version(b"sk-theirs-of-last-year-0123456789", None)
    secret.add_version(b"sk-theirs-0123456789abcdefghijklm", None)
    secrets_of(state, PROJECT_ID).create(SESSION_SECRET, fields).add_version(b"theirs", None)


def plant_buckets(state: State) -> None:
    for name in (NAMES.bucket, NAMES.control_bucket):
        store_of(state).create_bucket(name, {"location": REGION.upper()}, PROJECT_NUMBER)


def plant_repository(state: State) -> None:
    name = f"{PLACE}/repositories/voicemint"
    state.part(Repositories)[name] = {"name": name, "format": "DOCKER", "description": "of another team"}


def plant_queue(state: State) -> None:
    name = f"{PLACE}/queues/calls"
    state.part(Queues)[name] = {**json.loads(json.dumps(DEFAULTS)), "name": name, "state": "RUNNING"}


def plant_function(state: State) -> None:
    """Private, and with code of its own."""
    at = {"bucket": f"gcf-v2-uploads-{PROJECT_NUMBER}-{REGION}", "object": "theirs.zip"}
    said = {
        "labels": {"team": "accounts"},
        "serviceConfig": {},
        "buildConfig": {"runtime": "python312", "entryPoint": "theirs", "source": {"storageSource": at}},
    }
    state.part(Functions)[f"{PLACE}/functions/sign-in"] = Function(said, b"their source")
    _service(state, "sign-in").labels = {"goog-managed-by": "cloudfunctions", "team": "accounts"}


def plant_service(state: State) -> None:
    """Public."""
    _service(state, "watch-call")
    state.policies.grant(f"{PLACE}/services/watch-call", "roles/run.invoker", "allUsers")


def _service(state: State, name: str) -> Any:
    service = state.part(Services).get_or_make(state.project(PROJECT_ID), REGION, name)
    service.add_revision({"spec": {"containers": [{"image": "theirs"}]}}, Code(b"", "", (), PROJECT_ID))
    return service


def plant_page(state: State) -> None:
    state.part(FirebaseProjects).add(PROJECT_ID)
    state.part(Sites).add_default(state.project(PROJECT_ID))
    site = state.part(Sites)[PROJECT_ID]
    version = site.add_version(OWNER, {})
    site.finalize(version)
    site.release(site.channel("live"), version.name, OWNER, "")


def plant_watching(state: State) -> None:
    """An alert, a dashboard and a budget that are called as ours are."""
    alert = next(alert for alert in DESIRED.alerts if alert.stem == "slow-mint")
    theirs = {"userLabels": {}, "enabled": True, "documentation": {"content": "Call Tom.", "mimeType": "text/markdown"}}
    name = f"projects/{PROJECT_ID}/alertPolicies/1"
    state.part(Resources)[name] = {**alert.content, **theirs, "name": name}
    name = f"projects/{PROJECT_NUMBER}/dashboards/theirs"
    state.part(Resources)[name] = {"displayName": "Voicemint", "gridLayout": {}, "name": name, "etag": "BQ=="}
    name = f"billingAccounts/{BILLING_ACCOUNT}/budgets/theirs"
    state.part(Budgets)[name] = {
        "name": name, "displayName": "Voicemint", "etag": "BQ==",
        "amount": {"specifiedAmount": {"units": "500", "currencyCode": "EUR"}},
        "budgetFilter": {"projects": [f"projects/{PROJECT_NUMBER}"], "calendarPeriod": "YEAR"},
        "thresholdRules": [{"thresholdPercent": 0.8, "spendBasis": "CURRENT_SPEND"}],
    }  # fmt: skip


def plant_trigger(state: State) -> None:
    state.part(Triggers)["t"] = {
        "id": "t", "name": TRIGGER, "resourceName": f"{PLACE}/triggers/t", "createTime": "2026-01-01T00:00:00Z",
        "description": "of another team", "sourceToBuild": {"uri": "https://example.com", "ref": "refs/heads/main"},
    }  # fmt: skip
