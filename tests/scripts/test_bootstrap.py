"""scripts/bootstrap.sh with the real gcloud, on a local Google."""

import json
import os
import pty
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from provision.reality import INVOKER_UNCHECKED
from standins.google.control_plane.apis.billingbudgets import Budgets
from standins.google.control_plane.apis.cloudfunctions import Functions
from standins.google.control_plane.apis.firebase import FirebaseProjects
from standins.google.control_plane.apis.monitoring import Resources
from standins.google.control_plane.apis.secretmanager import secrets_of
from standins.google.control_plane.apis.storage import store_of
from standins.google.control_plane.state.hosting_sites import Sites
from standins.google.control_plane.state.request_log import Logged
from standins.google.control_plane.state.run_services import Services
from standins.google.control_plane.state.tokens import token_of
from standins.google.storage.conditions import Conditions
from standins.serving import ServerThread

from ..google import BILLING_ACCOUNT, PROJECT_ID, PROJECT_NUMBER, needs_gcloud
from ..infra.infra_files import FUNCTIONS, IAM, INFRA, lines
from .bootstrapping import OPENAI_KEY, Owner, Provisioned, openai_refuses, told

pytestmark = [needs_gcloud, pytest.mark.timeout(1700)]
LOCATION = f"projects/{PROJECT_ID}/locations/us-central1"
CONTROL, PAYLOADS = f"{PROJECT_ID}-voicemint-control", f"{PROJECT_ID}-voicemint-payloads"


@pytest.fixture
def empty(provisioned: Provisioned) -> Owner:
    return provisioned.at(provisioned.empty)


@pytest.fixture
def applied(provisioned: Provisioned) -> Owner:
    return provisioned.at(provisioned.applied)


def email(account: str) -> str:
    return f"{account}@{PROJECT_ID}.iam.gserviceaccount.com"


# From nothing.


def test_a_plan_writes_nothing_and_has_every_command_line(provisioned: Provisioned) -> None:
    plan = provisioned.runs["plan"]
    assert plan.returncode == 0, plan.stderr
    assert provisioned.writes["plan"] == []
    for line in (
        "gcloud services enable artifactregistry.googleapis.com ",
        f"gcloud storage buckets create gs://{PAYLOADS} --location=us-central1 --uniform-bucket-level-access",
        "gcloud functions deploy mint-client-secret --gen2 --source=functions",
        "gcloud run services add-iam-policy-binding sign-in --region=us-central1 --member=allUsers",
        f"export CLOUDSDK_ACTIVE_CONFIG_NAME=voicemint-{PROJECT_ID}",
    ):
        assert line in plan.stdout


def test_the_first_run_makes_the_project_what_infra_says(provisioned: Provisioned) -> None:
    assert provisioned.runs["first"].returncode == 0, provisioned.runs["first"].stderr
    state = provisioned.at(provisioned.applied).state()
    assert set(lines((INFRA / "services.txt").read_text())) <= set(state["services"])
    assert {account.partition("@")[0] for account in state["accounts"]} >= {*FUNCTIONS, "builder", "deployer"}
    assert state["functions"].keys() == {f"{LOCATION}/functions/{name}" for name in FUNCTIONS}
    assert state["firebase"] == state["sites"] == [PROJECT_ID]
    assert state["budgets"] == ["Voicemint"]
    assert state["buckets"].keys() == {CONTROL, PAYLOADS}
    assert state["buckets"][CONTROL]["objects"] == ["control.json", "invited"]


def test_nobody_may_do_more_than_iam_txt_says(provisioned: Provisioned) -> None:
    policies = provisioned.at(provisioned.applied).state()["policies"]
    kinds = {
        "project": f"projects/{PROJECT_ID}",
        "account": f"projects/{PROJECT_ID}/serviceAccounts/{{}}@{PROJECT_ID}.iam.gserviceaccount.com",
        "repository": f"{LOCATION}/repositories/{{}}",
        "secret": f"projects/{PROJECT_ID}/secrets/{{}}",
        "service": f"{LOCATION}/services/{{}}",
        "queue": f"{LOCATION}/queues/{{}}",
        "bucket": "b/{}",
    }
    wanted = set()
    for member, role, resource in IAM:
        kind, _, name = resource.partition("/")
        title = "buckets-by-name" if name.endswith("*") else None
        name = {"control": CONTROL, "payloads": PAYLOADS}.get(name, name) if kind == "bucket" else name
        where = kinds["project"] if title else kinds[kind].format(name)
        wanted.add((where, role, member if member == "allUsers" else f"serviceAccount:{email(member)}", title))
    ours = {
        (where, role, member, title)
        for where, bindings in policies.items()
        for role, member, title in bindings
        if member == "allUsers" or member.endswith(f"@{PROJECT_ID}.iam.gserviceaccount.com")
    }
    assert ours == wanted


def test_buckets_are_closed_and_forget_what_they_should(provisioned: Provisioned) -> None:
    buckets = provisioned.at(provisioned.applied).state()["buckets"]
    for name, file in ((CONTROL, "control-lifecycle.json"), (PAYLOADS, "bucket-lifecycle.json")):
        rules = json.loads((INFRA / file).read_text())["rule"]
        assert buckets[name]["uniform access"] is True
        assert buckets[name]["public access prevention"] == "enforced"
        assert buckets[name]["soft delete"] == "604800"
        assert buckets[name]["lifecycle"] == rules
        assert buckets[name]["labels"] == {"managed-by": "voicemint"}


def test_every_secret_has_one_version_and_the_key_is_the_owners(provisioned: Provisioned) -> None:
    owner = provisioned.at(provisioned.applied)
    assert set(map(tuple, owner.state()["secrets"].values())) == {("ENABLED",)}
    assert owner.openai_keys() == [OPENAI_KEY]


def test_the_second_run_writes_nothing(provisioned: Provisioned) -> None:
    assert provisioned.runs["second"].returncode == 0, provisioned.runs["second"].stderr
    assert provisioned.writes["second"] == []
    assert "Nothing to do" in provisioned.runs["second"].stdout


def test_it_ends_with_the_page_the_first_link_and_what_a_day_can_cost(provisioned: Provisioned) -> None:
    first, second = provisioned.runs["first"].stdout, provisioned.runs["second"].stdout
    for said in (first, second):
        assert f"The page: https://{PROJECT_ID}.web.app\n█" in said
        assert "200 calls x 30 min x $" in said
    assert f"https://{PROJECT_ID}.web.app/#i=v1." in first
    assert "#i=" not in second


def test_the_project_is_shown_and_remembered(provisioned: Provisioned) -> None:
    said = provisioned.runs["first"].stderr
    assert f"number           {PROJECT_NUMBER}" in said
    assert f"billing account  {BILLING_ACCOUNT} (The owner's)" in said
    assert "cloudaicompanion off" in said
    assert "cloudaicompanion" not in provisioned.runs["second"].stderr


def test_the_active_configuration_of_gcloud_stays_as_it_was(applied: Owner) -> None:
    listed = applied.gcloud("config", "configurations", "list")
    found = {item["name"]: (item["is_active"], item["properties"]["core"].get("project")) for item in listed}
    assert found[f"voicemint-{PROJECT_ID}"] == (False, PROJECT_ID)
    assert [name for name, (is_active, _) in found.items() if is_active] == ["default"]
    assert found["default"][1] is None


# What somebody has changed meanwhile.


def change_bucket(owner: Owner, **settings: Any) -> None:
    bucket = store_of(owner.plane.state).bucket(PAYLOADS)
    bucket.change({**bucket.record().attributes, **settings})


def uniform_access_off(owner: Owner) -> None:
    closed = {"uniformBucketLevelAccess": {"enabled": False}, "publicAccessPrevention": "inherited"}
    change_bucket(owner, iamConfiguration=closed)


def no_lifecycle(owner: Owner) -> None:
    change_bucket(owner, lifecycle={})


def no_soft_delete(owner: Owner) -> None:
    change_bucket(owner, softDeletePolicy={"retentionDurationSeconds": "0"})


def owner_role(owner: Owner) -> None:
    owner.plane.state.policies.grant(f"projects/{PROJECT_ID}", "roles/owner", f"serviceAccount:{email('deployer')}")


def reads_transcripts(owner: Owner) -> None:
    owner.plane.state.policies.grant(
        f"b/{PAYLOADS}", "roles/storage.objectViewer", f"serviceAccount:{email('sign-in')}"
    )


def doors_opened(owner: Owner) -> None:
    """Anybody may call the watch, and whoever may look at the project reads what was said."""
    owner.plane.state.part(Services)[(PROJECT_ID, "us-central1", "watch-call")].annotations[INVOKER_UNCHECKED] = "true"
    owner.plane.state.policies.grant(f"b/{PAYLOADS}", "roles/storage.legacyObjectReader", f"projectViewer:{PROJECT_ID}")


def another_lifecycle(owner: Owner) -> None:
    bucket = store_of(owner.plane.state).bucket(CONTROL)
    bucket.change({**bucket.record().attributes, "lifecycle": {}})


def binding_gone(owner: Owner) -> None:
    owner.plane.state.policies.drop(f"projects/{PROJECT_ID}/secrets/signing-key")


def another_alert(owner: Owner) -> None:
    alert = next(found for found in owner.plane.state.part(Resources).values() if "get no call" in found["displayName"])
    alert["conditions"][0]["conditionThreshold"]["thresholdValue"] = 500


def another_dashboard(owner: Owner) -> None:
    board = next(found for found in owner.plane.state.part(Resources).values() if found["displayName"] == "Voicemint")
    board["mosaicLayout"]["tiles"] = board["mosaicLayout"]["tiles"][:1]


def thresholds_of(owner: Owner) -> list[float]:
    (budget,) = owner.plane.state.part(Budgets).values()
    return sorted(rule["thresholdPercent"] for rule in budget["thresholdRules"])


def other_thresholds(owner: Owner) -> None:
    (budget,) = owner.plane.state.part(Budgets).values()
    budget["thresholdRules"] = [{"thresholdPercent": 0.8, "spendBasis": "CURRENT_SPEND"}]


def old_versions(owner: Owner) -> None:
    secret = secrets_of(owner.plane.state, PROJECT_ID).get("signing-key")
    secret.add_version(secret.versions[-1].data, None)


@pytest.mark.parametrize(
    "change",
    [
        uniform_access_off,
        no_lifecycle,
        another_lifecycle,
        doors_opened,
        no_soft_delete,
        owner_role,
        reads_transcripts,
        binding_gone,
        another_alert,
        another_dashboard,
        other_thresholds,
    ],
)
def test_drift_is_in_the_plan_and_put_right(provisioned: Provisioned, change: Callable[[Owner], None]) -> None:
    owner = provisioned.at(provisioned.applied)
    wanted, resources = owner.state(), json.loads(json.dumps(owner.plane.state.part(Resources)))
    thresholds = thresholds_of(owner)
    change(owner)
    ended = owner.bootstrap("--yes")
    assert ended.returncode == 0, ended.stderr
    assert owner.writes() != []
    assert owner.state() == wanted
    assert _without_times(owner.plane.state.part(Resources)) == _without_times(resources)
    assert thresholds_of(owner) == thresholds


def _without_times(resources: Any) -> Any:
    return {
        name: {key: value for key, value in found.items() if key not in ("etag", "mutationRecord", "creationRecord")}
        for name, found in resources.items()
    }


def test_superseded_versions_are_destroyed(applied: Owner) -> None:
    old_versions(applied)
    assert applied.bootstrap("--yes").returncode == 0
    assert applied.state()["secrets"]["signing-key"] == ["DESTROYED", "ENABLED"]


def test_what_the_owner_gave_to_others_stays(applied: Owner) -> None:
    applied.plane.state.policies.grant(f"projects/{PROJECT_ID}", "roles/viewer", "user:accountant@example.com")
    before = applied.state()
    assert applied.bootstrap("--yes").returncode == 0
    assert (applied.writes(), applied.state()) == ([], before)


def test_a_permission_too_many_is_taken_away_only_after_a_yes(applied: Owner) -> None:
    owner_role(applied)
    ended = applied.bootstrap("--json")
    assert ended.returncode == 1
    assert applied.writes() == []
    assert "(REMOVES)" in ended.stderr
    assert "say --yes" in told(ended)["error"]


def test_a_name_that_hosting_has_reserved_gives_a_site_of_another_name(applied: Owner) -> None:
    """As on the first day: neither Firebase nor a site yet."""
    state = applied.plane.state
    state.part(FirebaseProjects).clear()
    state.part(Sites).clear()
    state.rules.reserved_sites.add(PROJECT_ID)
    ended = applied.bootstrap("--yes")
    assert ended.returncode == 0, ended.stderr
    [site] = state.part(Sites).values()
    assert (site.site_id != PROJECT_ID, site.kind) == (True, "DEFAULT_SITE")
    assert f"The page: https://{site.site_id}.web.app\n" in ended.stdout


@pytest.fixture
def acting_as_another(provisioned: Provisioned) -> Iterator[Owner]:
    """The owner acts as another account, and through what the company has put between, as the active configuration
    says since the last bootstrap."""
    owner = provisioned.at(provisioned.applied)
    owner.plane.state.accounts.create(owner.plane.state.project(PROJECT_ID), "provisioner", {}, 0)
    said = {
        "auth/impersonate_service_account": PROVISIONER,
        "billing/quota_project": PROJECT_ID,
        **{name: owner.environment[variable] for name, variable in SAID_BY_VARIABLES.items()},
    }
    for name, value in said.items():
        owner.gcloud("config", "set", name, value)
    without = {name: value for name, value in owner.environment.items() if not OF_THE_NETWORK.fullmatch(name)}
    yield replace(owner, environment=without)
    for name in said:
        owner.gcloud("config", "unset", name)
    owner.forget()


PROVISIONER = email("provisioner")
# What only the configurations say then.
SAID_BY_VARIABLES = {
    "auth/access_token_file": "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE",
    "core/custom_ca_certs_file": "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
    "proxy/type": "CLOUDSDK_PROXY_TYPE",
    "proxy/address": "CLOUDSDK_PROXY_ADDRESS",
    "proxy/port": "CLOUDSDK_PROXY_PORT",
}
OF_THE_NETWORK = re.compile(
    r"(?i)CLOUDSDK_PROXY_.*|CLOUDSDK_AUTH_ACCESS_TOKEN_FILE|CLOUDSDK_CORE_CUSTOM_CA.*|https?_proxy|.*_CA_(BUNDLE|CERTS)"
    "|SSL_CERT_FILE"
)


def test_whom_gcloud_acts_as_is_who_writes_in_the_pinned_configuration_too(acting_as_another: Owner) -> None:
    owner = acting_as_another
    no_lifecycle(owner)
    binding_gone(owner)
    old_versions(owner)
    owner.plane.state.part(FirebaseProjects).clear()
    del owner.plane.state.part(Functions)[f"{LOCATION}/functions/sign-in"]
    control = store_of(owner.plane.state).bucket(CONTROL)
    for record in list(control.records("invited/")):
        control.delete(record.name, Conditions())
    ended = owner.bootstrap("--yes")
    assert ended.returncode == 0, ended.stderr
    writes = [entry for entry in owner.plane.state.log.writes() if "authorization" in entry.headers]
    assert len(writes) >= 8
    assert {entry.headers["authorization"] for entry in writes} == {f"Bearer {token_of(PROVISIONER)}"}
    listed = {item["name"]: item["properties"] for item in owner.gcloud("config", "configurations", "list")}
    pinned, active = listed[f"voicemint-{PROJECT_ID}"], listed["default"]
    assert pinned["auth"]["impersonate_service_account"] == PROVISIONER
    assert pinned["billing"]["quota_project"] == PROJECT_ID
    for section, name in (said.split("/") for said in SAID_BY_VARIABLES):
        assert pinned[section][name] == active[section][name]


# The key.


def test_another_key_replaces_the_stored_one(applied: Owner) -> None:
    ended = applied.bootstrap("--yes", key="sk-another-0123456789abcdefghij")
    assert ended.returncode == 0, ended.stderr
    assert applied.openai_keys() == ["sk-another-0123456789abcdefghij"]
    assert applied.state()["secrets"]["openai-api-key"] == ["DESTROYED", "ENABLED"]


def test_without_a_key_the_stored_one_stays(applied: Owner) -> None:
    ended = applied.bootstrap("--yes", key="")
    assert (ended.returncode, applied.writes()) == (0, [])
    assert applied.openai_keys() == [OPENAI_KEY]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("", "Pipe it in: printf %s"),
        ("short", "one line of 20 to 256 printable characters"),
        (f"{OPENAI_KEY}\nand more", "one line of 20 to 256 printable characters"),
    ],
    ids=["none", "no key", "two lines"],
)
def test_a_bad_key_changes_nothing(empty: Owner, key: str, expected: str) -> None:
    ended = empty.bootstrap("--yes", key=key)
    assert (ended.returncode, empty.writes()) == (1, [])
    assert expected in ended.stderr
    assert not key or key not in ended.stderr + ended.stdout


def add_version_that_is(owner: Owner, secret: str, state: str) -> None:
    """The newest one, as the owner leaves it in the console: what was stored before stays enabled."""
    secrets_of(owner.plane.state, PROJECT_ID).get(secret).add_version(b"leaked", None).change(state, None)


@pytest.mark.parametrize("state", ["DISABLED", "DESTROYED"])
def test_a_newest_version_that_nobody_can_read_is_said_and_replaced(applied: Owner, state: str) -> None:
    secrets = ("openai-api-key", "openai-webhook-secret", "signing-key")
    for secret in secrets:
        add_version_that_is(applied, secret, state)
    ended = applied.bootstrap("--yes", key="sk-another-0123456789abcdefghij")
    assert ended.returncode == 0, ended.stderr
    for secret in secrets:
        assert f"because version 2 of {secret}, its newest, is {state.lower()}" in ended.stdout
        assert applied.state()["secrets"][secret] == ["DESTROYED", "DESTROYED", "ENABLED"]
    assert applied.openai_keys() == ["sk-another-0123456789abcdefghij"]
    assert "Everybody is signed out" in ended.stdout
    back = f"gcloud secrets versions enable 2 --secret=signing-key --project={PROJECT_ID}"
    assert (back in ended.stdout) == (state == "DISABLED")


def test_without_another_key_a_disabled_one_is_said_and_nothing_is_changed(applied: Owner) -> None:
    add_version_that_is(applied, "openai-api-key", "DISABLED")
    ended = applied.bootstrap("--yes", key="")
    assert (ended.returncode, applied.writes()) == (1, [])
    assert "another OpenAI key is needed: version 2 of openai-api-key, its newest, is disabled" in ended.stderr
    assert "Pipe it in" in ended.stderr


def test_a_key_that_openai_refuses_changes_nothing(empty: Owner, servers: ServerThread) -> None:
    with openai_refuses(empty, servers):
        ended = empty.bootstrap("--yes")
    assert (ended.returncode, empty.writes()) == (1, [])
    assert "OpenAI refused the new key: 401" in ended.stderr


def test_the_key_is_nowhere_but_in_its_secret(provisioned: Provisioned) -> None:
    ended, key = provisioned.runs["first"], provisioned.way.key
    assert ended.returncode == 0, ended.stderr
    assert OPENAI_KEY not in ended.stdout + ended.stderr
    assert (key.command_lines, key.files) == ([], [])
    assert any("secrets versions add openai-api-key" in line.replace("\0", " ") for line in key.commands_of_gcloud)
    assert set(key.requests) == {f"/v1/projects/{PROJECT_ID}/secrets/openai-api-key:addVersion"}
    assert provisioned.at(provisioned.applied).openai_keys() == [OPENAI_KEY]


# What stands in the way. Each is named, with what to do, and nothing is changed.


def no_billing(owner: Owner) -> None:
    owner.plane.state.project(PROJECT_ID).billing_account = None


def another_number(owner: Owner) -> None:
    owner.project_env.write_text(f"PROJECT_ID={PROJECT_ID}\nPROJECT_NUMBER=999999999999\nREGION=us-central1\n")


def another_billing_account(owner: Owner) -> None:
    owner.project_env.write_text(
        f"PROJECT_ID={PROJECT_ID}\nPROJECT_NUMBER={PROJECT_NUMBER}\nBILLING_ACCOUNT=AAAAAA-AAAAAA-AAAAAA\nREGION=us-central1\n"
    )


def another_project(owner: Owner) -> None:
    owner.project_env.write_text(f"PROJECT_ID=other-project\nPROJECT_NUMBER={PROJECT_NUMBER}\nREGION=us-central1\n")


def no_project(owner: Owner) -> None:
    owner.plane.state.projects.clear()


def no_permission(owner: Owner) -> None:
    owner.plane.state.rules.denied_permissions |= {"resourcemanager.projects.setIamPolicy"}


def may_not_enable(owner: Owner) -> None:
    owner.plane.state.rules.denied_permissions |= {"serviceusage.services.enable"}


def taken(owner: Owner) -> None:
    owner.plane.state.rules.taken_buckets |= {PAYLOADS}


@pytest.mark.parametrize(
    ("obstacle", "cause", "fix"),
    [
        (no_billing, "billing", "gcloud billing projects link"),
        (another_number, "project.env remembers the project number 999999999999", "Correct PROJECT_ID"),
        (another_billing_account, "project.env remembers the billing account AAAAAA", "empty BILLING_ACCOUNT"),
        (another_project, "project.env remembers the project ", "PROJECT_ENV="),
        (no_project, "may not do it", "gcloud config get account"),
        (no_permission, "resourcemanager.projects.setIamPolicy", "roles/resourcemanager.projectIamAdmin"),
        (may_not_enable, "serviceusage.services.enable", "roles/serviceusage.serviceUsageAdmin"),
        (taken, PAYLOADS, "BUCKET"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_stands_in_the_way_is_named_and_nothing_is_changed(
    empty: Owner, obstacle: Callable[[Owner], None], cause: str, fix: str
) -> None:
    obstacle(empty)
    remembered = empty.project_env.read_text()
    ended = empty.bootstrap("--yes")
    assert (ended.returncode, empty.writes()) == (1, []), ended.stderr
    assert cause in ended.stderr
    assert fix in ended.stderr
    assert empty.project_env.read_text() == remembered
    assert "Traceback" not in ended.stderr


def test_a_refusal_on_the_way_says_what_was_done_and_what_is_left(empty: Owner) -> None:
    empty.plane.state.faults.arm("403", path="/secrets$", times=100)
    ended = empty.bootstrap("--yes", "--json")
    assert ended.returncode == 1
    steps = {step["id"]: step for step in told(ended)["result"]["steps"]}
    assert steps["secret/signing-key"]["cause"] == "this account may not do it"
    assert "roles/owner" in steps["secret/signing-key"]["fix"]
    assert steps["version/signing-key"]["outcome"] == "left"
    assert steps["bucket/" + CONTROL]["outcome"] == "done"
    assert "Left:" in ended.stderr


def test_a_role_of_the_account_that_builds_is_put_back(applied: Owner) -> None:
    applied.plane.state.policies.drop(f"{LOCATION}/repositories/voicemint")
    ended = applied.bootstrap("--yes")
    assert ended.returncode == 0, ended.stderr
    assert "Give builder roles/artifactregistry.writer on repository/voicemint" in ended.stdout


def test_an_organization_that_forbids_allusers_gets_another_way_and_is_told(applied: Owner) -> None:
    for name in FUNCTIONS:
        applied.plane.state.policies.drop(f"{LOCATION}/services/{name}")
    applied.plane.state.rules.org_policies["iam.allowedPolicyMemberDomains"] = {
        "rules": [{"values": {"allowedValues": ["C0123abcd"]}}]
    }
    ended = applied.bootstrap("--yes")
    assert ended.returncode == 0, ended.stderr
    public = {binding.resource.removeprefix("service/") for binding in IAM if binding.member == "allUsers"}
    assert set(applied.state()["unchecked"]) == public
    assert "sign-in no longer checks who invokes it" in ended.stderr
    assert (
        f"gcloud run services update sign-in --region=us-central1 --no-invoker-iam-check --project={PROJECT_ID}"
        in ended.stderr
    )
    applied.plane.state.log.clear()
    assert applied.bootstrap("--yes").returncode == 0
    assert applied.writes() == []


# How it asks.


def test_without_a_terminal_and_a_yes_it_refuses_and_says_how(empty: Owner) -> None:
    ended = empty.bootstrap()
    assert (ended.returncode, empty.writes()) == (1, [])
    assert "Read the plan with --dry-run, then say --yes" in ended.stderr


def test_on_a_terminal_it_asks_about_the_project_the_key_and_the_plan(empty: Owner) -> None:
    said = at_a_terminal(empty, [("be billed? [y/N]", "y"), ("(it is not shown)", OPENAI_KEY), ("steps? [y/N]", "n")])
    assert "Nothing was changed" in said
    assert OPENAI_KEY not in said
    assert empty.writes() == []


def at_a_terminal(owner: Owner, dialogue: list[tuple[str, str]]) -> str:
    """Answer each question when it is asked; everything that was said."""
    here, there = pty.openpty()
    process = owner.start("bootstrap.sh", stdin=there, stdout=there, stderr=there, start_new_session=True)
    os.close(there)
    said, answered = "", 0
    try:
        while chunk := _read(here):
            said += chunk
            if answered < len(dialogue) and dialogue[answered][0] in said:
                os.write(here, f"{dialogue[answered][1]}\n".encode())
                answered += 1
        assert process.wait(timeout=60) == 1
    finally:
        process.kill()
        os.close(here)
    assert answered == len(dialogue), said
    return said


def _read(terminal: int) -> str:
    try:
        return os.read(terminal, 65536).decode(errors="replace")
    except OSError:  # the other side has ended
        return ""


def test_json_is_one_document_that_says_the_plan_and_the_result(applied: Owner) -> None:
    owner_role(applied)
    document = told(applied.bootstrap("--yes", "--json"))
    assert (document["schema"], document["project_id"]) == (1, PROJECT_ID)
    steps = document["plan"]["steps"]
    assert len(steps) == 1, steps
    [step] = steps
    assert step["removes"] is True
    assert step["commands"][0].startswith("gcloud projects remove-iam-policy-binding ")
    assert document["result"]["ok"] is True
    assert document["result"]["url"] == f"https://{PROJECT_ID}.web.app"
    assert [(done["id"], done["outcome"]) for done in document["result"]["steps"]] == [(step["id"], "done")]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda ending: ending.name)
def test_interrupted_it_leaves_no_gcloud_behind(empty: Owner, ending: signal.Signals) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
    reached, released = threading.Event(), threading.Event()

    def hold(_entry: Logged) -> None:
        reached.set()
        released.wait(60)

    empty.plane.state.faults.call(before=hold, path="/serviceAccounts$")
    with empty.start(
        "bootstrap.sh", "--yes", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdin
        process.stdin.write(OPENAI_KEY)
        process.stdin.close()
        assert reached.wait(120)
        process.send_signal(ending)
        said = process.stdout.read() if process.stdout else ""
        code = process.wait(timeout=60)
        released.set()
    assert code == {signal.SIGKILL: -9}.get(ending, 130), said
    until(lambda: empty.processes() == [], seconds=60)


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_help_says_how_to_use_it(empty: Owner) -> None:
    ended = empty.bootstrap("--help")
    assert ended.returncode == 0
    assert "Usage: scripts/bootstrap.sh" in ended.stdout
