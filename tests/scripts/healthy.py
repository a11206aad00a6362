"""A project on which scripts/doctor.sh has nothing to say: provisioned.py's, and what is deployed to it."""

import json
from typing import Any

from aiohttp import web
from common.fingerprint import LABEL as SOURCE_LABEL
from common.fingerprint import RELEASE_FILE, function_fingerprint, page_fingerprint
from provision.desired import (
    BUCKET_CONDITION_TITLE,
    LABEL,
    LABEL_VALUE,
    REPOSITORY,
    SOFT_DELETE_SECONDS,
    Grant,
    read_desired,
)
from standins.google.control_plane.apis.artifactregistry import Repositories
from standins.google.control_plane.apis.billingbudgets import Budgets
from standins.google.control_plane.apis.cloudfunctions import Function, Functions
from standins.google.control_plane.apis.monitoring import Resources
from standins.google.control_plane.apis.secretmanager import secrets_of
from standins.google.control_plane.apis.storage import store_of
from standins.google.control_plane.state.run_services import Code, Services
from standins.google.control_plane.state.state import State

from .provisioned import NAMES, NUMBER, PROJECT_ID, REGION, ROOT, provision

DESIRED = read_desired(ROOT, NAMES)
PLACE = f"projects/{PROJECT_ID}/locations/{REGION}"
BILLING_ACCOUNT = "012345-678901-ABCDEF"


def make_healthy(state: State) -> None:
    provision(state)
    _mark(state)
    _watch(state)
    for binding in DESIRED.bindings:
        if binding.grant.condition:
            _add_condition(state, binding.grant)
    for name in DESIRED.functions:
        _deploy(state, name)


def _mark(state: State) -> None:
    """Labels, and how buckets are set up."""
    labels = {LABEL: LABEL_VALUE}
    state.part(Repositories)[f"{PLACE}/repositories/{REPOSITORY}"]["labels"] = labels
    for secret in secrets_of(state, PROJECT_ID).all():
        secret.fields = {**secret.fields, "labels": labels}
    for bucket in DESIRED.buckets:
        settings: dict[str, Any] = {
            "labels": labels,
            "iamConfiguration": {
                "uniformBucketLevelAccess": {"enabled": True},
                "publicAccessPrevention": "enforced",
            },
            "softDeletePolicy": {"retentionDurationSeconds": str(SOFT_DELETE_SECONDS)},
            "lifecycle": bucket.lifecycle,
        }
        store_of(state).bucket(bucket.name).change(settings)


def _add_condition(state: State, grant: Grant) -> None:
    for binding in state.policies.of(f"projects/{PROJECT_ID}").bindings:
        if binding["role"] == grant.role and grant.member in binding["members"]:
            binding["condition"] = {"title": BUCKET_CONDITION_TITLE, "expression": grant.condition}


def _watch(state: State) -> None:
    """The budget, the dashboard and the alerts."""
    budget = DESIRED.budget
    state.part(Budgets)[f"billingAccounts/{BILLING_ACCOUNT}/budgets/b"] = {
        "name": f"billingAccounts/{BILLING_ACCOUNT}/budgets/b",
        "displayName": budget.display_name,
        "amount": {"specifiedAmount": {"units": budget.amount}},
        "budgetFilter": {"calendarPeriod": budget.period, "projects": [f"projects/{NUMBER}"]},
        "thresholdRules": [{"thresholdPercent": share, "spendBasis": basis} for share, basis in budget.thresholds],
    }
    channel = {"name": f"projects/{PROJECT_ID}/notificationChannels/1", "type": "email", "labels": {}}
    state.part(Resources)[channel["name"]] = channel
    kinds = {
        f"projects/{NUMBER}/dashboards": [DESIRED.dashboard],
        f"projects/{PROJECT_ID}/alertPolicies": DESIRED.alerts,
    }
    for parent, documents in kinds.items():
        for number, document in enumerate(documents):
            name = f"{parent}/{number}"
            state.part(Resources)[name] = {**document.content, "name": name}
    for alert in list(state.part(Resources).values()):
        if "/alertPolicies/" in alert["name"]:
            alert["notificationChannels"] = [channel["name"]]


def _deploy(state: State, name: str) -> None:
    labels = {SOURCE_LABEL: function_fingerprint(ROOT, name, NAMES.environment)}
    said = {"labels": labels, "serviceConfig": {}, "buildConfig": {"source": {"storageSource": {}}}}
    state.part(Functions)[f"{PLACE}/functions/{name}"] = Function(said, b"")
    service = state.part(Services).get_or_make(state.project(PROJECT_ID), REGION, name)
    service.add_revision({"spec": {"containers": [{}]}}, Code(b"", "", (), PROJECT_ID))


def site() -> web.Application:
    """What the hosted site answers to somebody who is not signed in."""
    app = web.Application()
    app.router.add_get(f"/{RELEASE_FILE}", _released)
    app.router.add_get("/api/{path:.+}", _refused)
    app.router.add_post("/api/phone", _refused)
    return app


async def _released(_request: web.Request) -> web.Response:
    return web.json_response({"page": page_fingerprint(ROOT), "functions": {}})


async def _refused(_request: web.Request) -> web.Response:
    text = json.dumps({"error": {"code": "not_signed_in", "message": "…", "request_id": "…"}})
    return web.Response(status=401, text=text, content_type="application/json")
