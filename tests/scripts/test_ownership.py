"""What is ours and what is not, by marks that older releases made too, and plans that leave the rest alone."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from common.build_names import SESSION_SECRET, TRIGGER
from common.gcloud import Gcloud
from provision.deployment import Deployment
from provision.desired import ACCOUNT_DESCRIPTION, Grant, Resource
from provision.ownership import foreign_builds, foreign_things
from provision.plan import Bootstrap, Wish
from provision.reality import Identity, Reality
from provision.steps import Plan
from provision.strangers import stranger_findings
from provision.teardown_plan import Teardown

from ..google import BILLING_ACCOUNT, PROJECT_ID, PROJECT_NUMBER
from .strangers import DESIRED, NAMES

MARKED = {"managed-by": "voicemint"}
IDENTITY = Identity(number=PROJECT_NUMBER, name="Some", state="ACTIVE", billing_account=BILLING_ACCOUNT)
BEGUN = {NAMES.email(account): {"description": ACCOUNT_DESCRIPTION} for account in DESIRED.accounts}
BUCKET = {
    "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}, "publicAccessPrevention": "enforced"},
    "softDeletePolicy": {"retentionDurationSeconds": "604800"},
}
OTHER_SETTINGS = {"retryConfig": {"maxAttempts": 3}}


def budget(amount: str, *, ours: bool) -> dict[str, Any]:
    rules = DESIRED.budget.thresholds if ours else {(0.8, "CURRENT_SPEND")}
    return {
        "name": f"billingAccounts/{BILLING_ACCOUNT}/budgets/{amount}",
        "displayName": "Voicemint",
        "amount": {"specifiedAmount": {"units": amount}},
        "budgetFilter": {"projects": [f"projects/{PROJECT_NUMBER}"], "calendarPeriod": "MONTH"},
        "thresholdRules": [{"thresholdPercent": share, "spendBasis": basis} for share, basis in sorted(rules)],
    }


def page(service: str) -> dict[str, Any]:
    rewrites = [{"run": {"serviceId": service}}]
    return {PROJECT_ID: {"type": "DEPLOY", "version": {"config": {"rewrites": rewrites}}}}


def service(**labels: str) -> dict[str, Any]:
    return {"metadata": {"name": "sign-in", "labels": labels}}


def adds_tasks(member: str) -> Mapping[Resource, frozenset[Grant]]:
    return {Resource("queue", "calls"): frozenset({Grant(member, "roles/cloudtasks.enqueuer")})}


def foreign(**found: Any) -> list[str]:
    return [str(thing) for thing in foreign_things(DESIRED, Reality(identity=IDENTITY, **found))]


OUR_CALLER = f"serviceAccount:{NAMES.email('create-call')}"
THEIRS: dict[str, dict[str, Any]] = {
    "account/deployer": {"accounts": {NAMES.email("deployer"): {"description": "our CI"}}},
    "secret/openai-api-key": {"secrets": {"openai-api-key": {"labels": {"managed-by": "terraform"}}}},
    "repository/voicemint": {"repositories": {"voicemint": {}}},
    f"bucket/{NAMES.bucket}": {"buckets": {NAMES.bucket: {}}},
    "queue/calls": {"queues": {"calls": OTHER_SETTINGS}, "policies": adds_tasks("user:a@b.c")},
    "function/sign-in": {"functions": {"sign-in": {}}, "run_services": {"sign-in": service()}},
    "service/sign-in": {"run_services": {"sign-in": service(team="accounts")}},
    f"site/{PROJECT_ID}": {"pages": page("their-service")},
    "budget/Voicemint": {"budgets": (budget("500", ours=False),)},
    "dashboard/Voicemint": {"dashboards": ({"name": "d", "displayName": "Voicemint"},)},
    "alert/slow-mint": {"alerts": ({"name": "a", "displayName": "Voicemint: client secrets come slowly"},)},
}
# As older releases have left it, some of it half made or changed by hand.
OURS: dict[str, dict[str, Any]] = {
    "accounts": {"accounts": BEGUN},
    "a secret": {"secrets": {"openai-api-key": {"labels": MARKED}}},
    "the repository": {"repositories": {"voicemint": {"labels": MARKED}}},
    "a bucket": {"buckets": {NAMES.bucket: {"labels": MARKED}}},
    "a bucket that is made and not labelled yet": {"buckets": {NAMES.control_bucket: BUCKET}, "accounts": BEGUN},
    "a queue that ours may add to": {
        "queues": {"calls": OTHER_SETTINGS}, "accounts": BEGUN, "policies": adds_tasks(OUR_CALLER),
    },
    "a queue whose accounts are deleted": {
        "queues": {"calls": OTHER_SETTINGS}, "policies": adds_tasks(f"deleted:{OUR_CALLER}?uid=1"),
    },
    "a function": {"functions": {"sign-in": {"labels": {"voicemint-source": "old"}}}, "run_services": {"sign-in": {}}},
    "a service of a function": {"run_services": {"sign-in": service(**{"voicemint-source": "old"})}},
    "the page": {"pages": page("mint-client-secret")},
    "a budget of another amount": {"budgets": (budget("90", ours=True),)},
    "a budget that somebody changed": {"budgets": (budget("90", ours=False),), "accounts": BEGUN},
    "a budget beside somebody else's": {"budgets": (budget("90", ours=False), budget("20", ours=True))},
    "a dashboard": {"dashboards": ({"name": "d", "displayName": "Voicemint", "labels": MARKED},)},
}  # fmt: skip


@pytest.mark.parametrize("thing", THEIRS)
def test_what_carries_no_mark_is_somebody_elses(thing: str) -> None:
    assert foreign(**THEIRS[thing]) == [thing]


@pytest.mark.parametrize("thing", OURS)
def test_what_an_older_release_made_is_ours(thing: str) -> None:
    assert foreign(**OURS[thing]) == []


@pytest.mark.parametrize("thing", THEIRS)
def test_nothing_is_planned_for_what_is_somebody_elses_but_by_adoption(thing: str) -> None:
    reality = Reality(identity=IDENTITY, **THEIRS[thing])
    assert steps_about(thing, plan(reality)) == []
    assert teardown(reality).steps == ()
    if not thing.startswith("service/"):
        assert steps_about(thing, plan(reality, thing)) != []


def steps_about(thing: str, planned: Plan) -> list[str]:
    kind, _, name = thing.partition("/")
    if kind in ("function", "service"):
        return [step.id for step in planned.steps if is_about_function(step.id, name)]
    word = {"site": "release", "budget": "budget", "dashboard": "dashboard"}.get(kind, name)
    return [step.id for step in planned.steps if word in step.id.split("/")]


def is_about_function(id_: str, name: str) -> bool:
    kind, _, rest = id_.partition("/")
    return id_.endswith(f"/service/{name}") or (kind == "functions" and name in rest.split("+"))


def plan(reality: Reality, *adopted: str) -> Plan:
    deployment = Deployment(functions=DESIRED.functions, release=("scripts/release.sh", "--if-changed"))
    return Bootstrap(Gcloud(PROJECT_ID), DESIRED, reality, deployment, Wish(adopted=frozenset(adopted))).plan()


def teardown(reality: Reality) -> Plan:
    return Teardown(Gcloud(PROJECT_ID), DESIRED, reality, delete_data=True).plan()


def test_an_account_of_somebody_else_is_given_nothing_and_loses_nothing() -> None:
    member = f"serviceAccount:{NAMES.email('deployer')}"
    accounts = {NAMES.email("deployer"): {"description": "our CI, since 2019"}}
    policies = {Resource("project"): frozenset({Grant(member, "roles/run.admin")})}
    reality = Reality(identity=IDENTITY, accounts=accounts, policies=policies)
    assert [step.id for step in plan(reality).steps if "deployer" in step.id] == []
    taken = [step.title for step in plan(reality, "account/deployer").steps if "run.admin" in step.id]
    assert taken == ["Take roles/run.admin on project from deployer: infra/iam.txt does not say it"]


def test_the_only_budget_that_goes_is_ours() -> None:
    budgets = (budget("90", ours=False), budget("20", ours=True), {**budget("20", ours=True), "displayName": "Rent"})
    steps = teardown(Reality(identity=IDENTITY, accounts=BEGUN, budgets=budgets)).steps
    assert [step.id for step in steps if step.id.startswith("budget/")] == ["budget/20"]


@pytest.mark.parametrize(
    ("account", "is_foreign"), [(NAMES.email("deployer"), False), ("builder@elsewhere.example", True)]
)
def test_a_trigger_is_ours_by_whom_it_builds_as(account: str, is_foreign: bool) -> None:
    trigger = {
        "name": TRIGGER, "serviceAccount": f"projects/p/serviceAccounts/{account}",
        "substitutions": {"_CONTROL_BUCKET": NAMES.control_bucket},
    }  # fmt: skip
    reality = Reality(identity=IDENTITY, triggers=(trigger,), secrets={SESSION_SECRET: {"labels": MARKED}})
    assert bool(foreign_builds(DESIRED, reality)) is is_foreign
    assert bool([step for step in teardown(reality).steps if step.id == f"trigger/{TRIGGER}"]) is not is_foreign


def test_a_page_that_is_not_ours_stays_on_the_net() -> None:
    pages = {**page("sign-in"), "somebodys-site": page("their-service")[PROJECT_ID]}
    steps = teardown(Reality(identity=IDENTITY, pages=pages)).steps
    assert [step.id for step in steps] == [f"site/{PROJECT_ID}"]


def test_of_two_alerts_of_one_name_ours_is_corrected() -> None:
    alert = next(alert for alert in DESIRED.alerts if alert.stem == "slow-mint")
    theirs = {"name": "projects/p/alertPolicies/1", "displayName": alert.display_name}
    ours = {**alert.content, "name": "projects/p/alertPolicies/2", "severity": "ERROR"}
    [step] = [step for step in plan(Reality(identity=IDENTITY, alerts=(theirs, ours))).steps if "slow-mint" in step.id]
    assert "update 2 " in step.lines[0]


def test_a_condition_of_somebody_else_is_told_to_google_word_by_word() -> None:
    grant = Grant(OUR_CALLER, "roles/browser", "request.host in ['a', 'b']", "by, hand")
    reality = Reality(identity=IDENTITY, accounts=BEGUN, policies={Resource("project"): frozenset({grant})})
    [step] = [step for step in plan(reality).steps if step.removes]
    [change] = [action.policy for action in step.actions]
    theirs = {"title": "another", "expression": "true"}
    said = {"title": grant.title, "expression": grant.condition, "description": "of a Friday"}
    policy = {
        "etag": "e",
        "bindings": [
            {"role": grant.role, "members": [OUR_CALLER, "user:a@b.c"], "condition": said},
            {"role": grant.role, "members": [OUR_CALLER], "condition": theirs},
        ],
    }
    assert change is not None
    assert change.body(policy) == {
        "policy": {
            "etag": "e",
            "version": 3,
            "bindings": [{**policy["bindings"][0], "members": ["user:a@b.c"]}, policy["bindings"][1]],
        }
    }


def test_a_plan_is_the_same_for_a_project_that_is_nobodys_yet() -> None:
    reality = Reality(identity=IDENTITY)
    assert plan(reality) == plan(replace(reality, accounts={"stranger@elsewhere": {}}))


@pytest.mark.parametrize("begun", [True, False], ids=["after a bootstrap", "before one"])
def test_a_bucket_of_ours_that_lost_its_label_is_told_the_way_back(begun: bool) -> None:
    reality = Reality(
        identity=IDENTITY, buckets={NAMES.bucket: {"labels": {"team": "data"}}}, accounts=BEGUN if begun else {}
    )
    [finding] = stranger_findings(DESIRED, reality)
    sentence = "its label managed-by=voicemint is gone, the same command puts the label back."
    assert (sentence in finding.fix) == begun
    assert f"--adopt bucket/{NAMES.bucket}" in finding.fix
