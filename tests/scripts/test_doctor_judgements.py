"""What scripts/doctor.sh makes of answers: no process, no network."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from common.names import read_names
from provision.desired import ACCOUNT_DESCRIPTION, read_desired
from provision.doctor import buckets, keys, models, policies, project, sign_in, telephone
from provision.doctor.answers import Answer, Refusal, refusal_of
from provision.doctor.context import Context
from provision.doctor.permissions import NEEDED, Held, permissions
from provision.doctor.rest import as_newer
from provision.doctor.site import Seen
from provision.findings import Finding
from voicemint.agents.files import load_agents

ROOT = Path(__file__).parents[2]
PROJECT_ID = "judged-in-a-test"
CANARY = "sk-canary-0123456789abcdefghij"
NAMES = read_names({"REGION": "us-central1"}, ROOT / "infra" / "project.env", PROJECT_ID)
DESIRED = read_desired(ROOT, NAMES)
BUCKET = NAMES.bucket
TODAY = date(2026, 11, 21)


def context(answers: Mapping[str, Answer], **changes: Any) -> Context:
    given: dict[str, Any] = {
        "desired": DESIRED, "agents": load_agents(), "runtimes": {"sign-in": "python313"}, "today": TODAY,
        "rewrites": {"sign-in": "/api/access"}, "fingerprints": {"page": "now"}, "answers": answers, **changes,
    }  # fmt: skip
    return Context(**given)


def refused(refusal: Refusal) -> Answer:
    return Answer(refusal=refusal)


def only(findings: Any) -> Finding:
    (finding,) = findings
    assert isinstance(finding, Finding)
    assert finding.fix or finding.status == "ok", "every finding says what to do"
    return finding


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("ERROR: (gcloud.x) You do not currently have an active account selected.\n gcloud auth login", "SIGNED_OUT"),
        ("ERROR: (gcloud.x) PERMISSION_DENIED: API has not been used in project 1 before or is disabled.", "API_OFF"),
        ("ERROR: (gcloud.x) [None] does not have permission to access projects instance [x] (or it may not exist)",
         "DENIED"),
        ("ERROR: (gcloud.storage.buckets.describe) HTTPError 403: me does not have storage.buckets.get access to the "
         "Google Cloud Storage bucket. Permission 'storage.buckets.get' denied on resource (or it may not exist).",
         "DENIED"),
        ("ERROR: (gcloud.storage.buckets.describe) gs://b not found: 404.", "NOT_FOUND"),
        ("ERROR: gcloud crashed (ConnectionError): HTTPSConnectionPool(host='x'): Max retries exceeded", "NO_ANSWER"),
        ("ERROR: no end after 15 s", "NO_ANSWER"),
        ("ERROR: something new", "OTHER"),
    ],
    ids=lambda value: value if value.isupper() else "",
)  # fmt: skip
def test_gclouds_words_are_understood(text: str, refusal: str) -> None:
    assert refusal_of(text, PROJECT_ID).name == refusal


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("", "empty"),
        (" \n", "empty"),
        (f"{CANARY}\n", "ends with a newline"),
        (f"{CANARY}\r\n", "ends with a newline"),
        (f" {CANARY}", "spaces around it"),
        (f'"{CANARY}"', "quotes around it"),
        (f"\u201c{CANARY}\u201d", "quotes around it"),
        (f"{CANARY}\nOPENAI=1", "further lines"),
        (f"{CANARY}\u00e9", "characters in it that no key has"),
        ("sk-short", "20 to 256"),
        (CANARY * 20, "20 to 256"),
    ],
    ids=repr,
)
def test_a_malformed_key_is_described_and_not_shown(text: str, flaw: str) -> None:
    finding = only(keys.openai_key(context({"secret:openai-api-key": Answer(text)})))
    assert finding.status == "problem"
    assert flaw in finding.title
    assert finding.fix == "scripts/rotate-key.sh openai"
    assert CANARY not in str(finding)


def test_a_well_formed_key_is_not_shown_either() -> None:
    answer = Answer(CANARY)
    finding = only(keys.openai_key(context({"secret:openai-api-key": answer})))
    assert finding.status == "ok"
    assert CANARY not in str(finding) + repr(answer)


def test_a_client_secret_is_no_key() -> None:
    finding = only(keys.openai_key(context({"secret:openai-api-key": Answer("ek_0123456789abcdefghij")})))
    assert (finding.status, "does not look like a key" in finding.title) == ("warning", True)


def test_a_payload_is_read_as_googles_rest_apis_write_bytes() -> None:
    data = base64.b64encode("sk-ÿ?>\n".encode()).decode()
    assert {"+", "/"} & set(data)
    assert keys.payload({"payload": {"data": data}}) == "sk-ÿ?>\n"


@pytest.mark.parametrize(("text", "status"), [("k1 " + "ab" * 32, "ok"), ("ab" * 32, "problem"), ("", "problem")])
def test_a_signing_key_is_one_or_is_replaced(text: str, status: str) -> None:
    finding = only(keys.signing_key(context({"secret:signing-key": Answer(text)})))
    assert finding.status == status
    assert "ab" * 32 not in str(finding)


@pytest.mark.parametrize(
    ("status", "error", "found", "words"),
    [
        (200, {}, "ok", "accepts the key"),
        (401, {}, "problem", "does not accept"),
        (403, {}, "warning", "may not list"),
        (429, {}, "warning", "too many requests at the moment"),
        (429, {"type": "requests", "code": "rate_limit_exceeded"}, "warning", "too many requests at the moment"),
        (429, {"type": "insufficient_quota", "code": None}, "problem", "credit is used up"),
        (429, {"type": "billing_not_active", "code": "billing_not_active"}, "problem", "no active billing"),
        (500, {}, "unknown", "answers 500"),
    ],
)
def test_what_openai_says_of_the_key(status: int, error: dict[str, str | None], found: str, words: str) -> None:
    answer = SimpleNamespace(status_code=status, content=json.dumps({"error": error}).encode())
    finding = only(keys.key_accepted(context({"models": Answer(answer)})))
    assert finding.status == found
    assert words in finding.title


@pytest.mark.parametrize(
    ("known", "status", "words"),
    [
        ({"m": None}, "ok", "no end is announced"),
        ({"m": "2027-11-21"}, "ok", "until 2027-11-21"),
        ({"m": "2027-02-20"}, "ok", "until 2027-02-20"),
        ({"m": "2027-02-19"}, "warning", "in 90 days"),
        ({"m": "2026-11-22"}, "warning", "in 1 days"),
        ({"m": "2026-11-21"}, "problem", "was shut down"),
        ({"m": "soon"}, "ok", "no end is announced"),
        ({"other": None}, "problem", "knows no model m"),
    ],
    ids=lambda value: str(value),
)
def test_a_model_retires(known: dict[str, str | None], status: str, words: str) -> None:
    finding = models.judge_model("m", ["assistant"], known, TODAY)
    assert finding.status == status
    assert words in finding.title
    assert finding.status == "ok" or "functions/agents/assistant.toml" in finding.fix


def test_models_and_transcriptions_of_every_agent_are_judged() -> None:
    listed = SimpleNamespace(status_code=200, json=lambda: {"data": []})
    found = {finding.id for finding in models.models(context({"models": Answer(listed)}))}
    assert found == {f"model:{name}" for agent in load_agents().values() for name in (agent.model, agent.transcription)}


@pytest.mark.parametrize(
    ("info", "status", "words"),
    [
        ({"billingEnabled": True, "billingAccountName": "billingAccounts/0-1-2"}, "ok", "0-1-2 pays"),
        ({"billingEnabled": False, "billingAccountName": ""}, "problem", "no billing account"),
        ({"billingEnabled": False, "billingAccountName": "billingAccounts/0-1-2"}, "problem", "is closed"),
    ],
    ids=["on", "off", "closed"],
)
def test_billing_on_off_and_closed(info: dict[str, Any], status: str, words: str) -> None:
    finding = only(project.billing(context({"billing": Answer(info)})))
    assert (finding.status, words in finding.title) == (status, True)


def test_billing_that_may_not_be_seen_is_not_billing_that_is_off() -> None:
    finding = only(project.billing(context({"billing": refused(Refusal.DENIED)})))
    assert finding.status == "warning"
    assert "this account may not look at it" in finding.title


def test_another_payer_than_the_confirmed_one_is_a_problem() -> None:
    confirmed = replace(DESIRED, names=replace(NAMES, billing_account="0-1-2"))
    info = {"billingEnabled": True, "billingAccountName": "billingAccounts/9-9-9"}
    finding = only(project.billing(context({"billing": Answer(info)}, desired=confirmed)))
    assert finding.status == "problem"
    assert finding.fix.startswith(f"gcloud billing projects link {PROJECT_ID} --billing-account=0-1-2")


@pytest.mark.parametrize("lacking", sorted(NEEDED))
def test_a_missing_permission_is_named_with_the_role_that_has_it(lacking: str) -> None:
    held = Held(frozenset(NEEDED) - {lacking}, "", datetime.now(UTC))
    answers = {"permissions": Answer(held), "gcloud": Answer({"config": {"account": "ana@example.com"}})}
    finding = only(permissions(context(answers)))
    assert (finding.id, finding.status) == (f"permission:{lacking}", "problem")
    assert finding.fix == (
        f"gcloud projects add-iam-policy-binding {PROJECT_ID} --member=user:ana@example.com --role={NEEDED[lacking]}"
    )


@pytest.mark.parametrize(
    ("seconds", "status"),
    [(0, "ok"), (-59, "ok"), (61, "warning"), (-61, "warning"), (301, "problem"), (-999, "problem")],
)  # fmt: skip
def test_a_clock_that_is_wrong(seconds: int, status: str) -> None:
    asked_at = datetime(2026, 11, 21, 12, 0, tzinfo=UTC) + timedelta(seconds=seconds)
    held = Held(frozenset(), "Sat, 21 Nov 2026 12:00:00 GMT", asked_at)
    finding = only(sign_in.clock(context({"permissions": Answer(held)})))
    assert finding.status == status
    assert status == "ok" or f"{abs(seconds)} s {'ahead' if seconds > 0 else 'behind'}" in finding.title


@pytest.mark.parametrize(
    "held", [Held(frozenset(), "yesterday", datetime.now(UTC)), None], ids=["no date", "no answer"]
)
def test_a_clock_that_cannot_be_compared(held: Held | None) -> None:
    answer = Answer(held) if held else refused(Refusal.NO_ANSWER)
    assert only(sign_in.clock(context({"permissions": answer}))).status == "unknown"


@pytest.mark.parametrize(
    ("version", "components", "status"),
    [("528.0.0", ["alpha"], "ok"), ("600.1.0", ["alpha"], "ok"), ("460.0.0", ["alpha"], "warning"),
     ("528.0.0", [], "problem")],
    ids=["tested", "newer", "older", "without alpha"],
)  # fmt: skip
def test_gclouds_version(version: str, components: list[str], status: str) -> None:
    info = {"basic": {"version": version}, "installation": {"components": dict.fromkeys(components, "1")}}
    assert only(sign_in.gcloud(context({"gcloud": Answer(info)}))).status == status


def organization(**rules: Any) -> list[Finding]:
    constraints = {
        "domains": policies.MEMBER_DOMAINS, "members": policies.MEMBERS, "invoker": policies.REQUIRE_INVOKER,
        "ingress": policies.INGRESS, "locations": policies.LOCATIONS,
    }  # fmt: skip
    answers = {
        policies.reading_name(constraint): Answer({"spec": {"rules": [rules[name]]}}) if name in rules else Answer({})
        for name, constraint in constraints.items()
    }
    return list(policies.organization(context(answers)))


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({}, ("organization", "ok")),
        ({"domains": {"allowAll": True}}, ("organization", "ok")),
        ({"domains": {"values": {"allowedValues": ["C0abc"]}}}, ("organization:public", "warning")),
        ({"members": {"enforce": True}}, ("organization:public", "warning")),
        ({"invoker": {"enforce": True}}, ("organization", "ok")),
        ({"domains": {"denyAll": True}, "invoker": {"enforce": True}}, ("organization:public", "problem")),
        ({"ingress": {"values": {"allowedValues": ["internal"]}}}, ("organization:ingress", "problem")),
        ({"ingress": {"values": {"allowedValues": ["is:all", "internal"]}}}, ("organization", "ok")),
        ({"locations": {"values": {"allowedValues": ["in:us-locations"]}}}, ("organization", "ok")),
        ({"locations": {"values": {"allowedValues": ["in:eu-locations"]}}}, ("organization:location", "problem")),
        (
            {"locations": {"values": {"allowedValues": ["in:some-group-locations"]}}},
            ("organization:location", "warning"),
        ),
        ({"locations": {"values": {"deniedValues": ["us-central1"]}}}, ("organization:location", "problem")),
    ],
    ids=str,
)
def test_organization_policies(rules: dict[str, Any], expected: tuple[str, str]) -> None:
    finding = only(organization(**rules))
    assert (finding.id, finding.status) == expected
    assert (
        finding.status != "warning" or finding.id != "organization:public" or "--no-invoker-iam-check" in finding.detail
    )


def test_where_secrets_go_that_may_not_be_everywhere_is_said() -> None:
    finding = only(organization(locations={"values": {"allowedValues": ["in:us-locations"]}}))
    assert "secrets get their replica in us-central1" in finding.detail
    assert "replica" not in only(organization()).detail


@pytest.mark.parametrize(
    ("refusal", "fix"),
    [
        (Refusal.OTHER, "mend what they name"),
        (Refusal.NOT_FOUND, "mend what they name"),
        (Refusal.BILLING_OFF, "gcloud billing projects link"),
        (Refusal.PERIMETER, "Ask who administers the perimeter"),
        (Refusal.NO_ANSWER, "Try again in a moment"),
    ],
)
def test_only_what_goes_away_by_itself_is_to_be_tried_again(refusal: Refusal, fix: str) -> None:
    finding = context({}).unasked("any", "Anything", Answer(refusal=refusal, said="Google's own words"))
    assert fix in finding.fix
    assert ("again" in finding.fix) == (refusal is Refusal.NO_ANSWER)


@pytest.mark.parametrize(
    ("policy", "rules"),
    [
        ({"listPolicy": {"allValues": "ALLOW"}}, []),
        ({"listPolicy": {"allValues": "DENY"}}, [{"denyAll": True}]),
        ({"listPolicy": {"allowedValues": ["a"], "deniedValues": ["b"]}},
         [{"values": {"allowedValues": ["a"], "deniedValues": ["b"]}}]),
        ({"booleanPolicy": {"enforced": True}}, [{"enforce": True}]),
        ({"booleanPolicy": {}}, []),
    ],
    ids=str,
)  # fmt: skip
def test_the_older_form_of_an_organization_policy_means_the_same(policy: dict[str, Any], rules: list[Any]) -> None:
    assert as_newer(policy) == {"spec": {"rules": rules}}


def test_what_the_older_api_does_not_tell_the_day_before_is_no_obstacle() -> None:
    off = dict.fromkeys((policies.MEMBERS, policies.REQUIRE_INVOKER), refused(Refusal.API_OFF))
    told = dict.fromkeys(policies.TOLD_BEFORE, Answer({}))
    answers = {policies.reading_name(name): answer for name, answer in (off | told).items()}
    assert only(policies.organization(context(answers))).status == "ok"


@pytest.mark.parametrize(
    ("listed", "described", "status", "words"),
    [
        (Answer([{"name": BUCKET}]), None, "ok", "is this project's"),
        (Answer([]), refused(Refusal.NOT_FOUND), "pending", "not there yet"),
        (Answer([]), refused(Refusal.DENIED), "problem", "taken by another project"),
        (Answer([]), Answer({"name": BUCKET}), "problem", "taken by another project"),
        (refused(Refusal.DENIED), refused(Refusal.DENIED), "unknown", "not checked"),
    ],
    ids=["ours", "free", "somebody's", "somebody's, public", "not allowed to list"],
)
def test_bucket_names(listed: Answer, described: Answer | None, status: str, words: str) -> None:
    answers = {"buckets": listed} | ({f"bucket:{BUCKET}": described} if described else {})
    finding = next(finding for finding in buckets.buckets(context(answers)) if finding.id == f"bucket:{BUCKET}")
    assert (finding.status, words in finding.title) == (status, True)
    assert status != "problem" or finding.fix == f"Write another name into infra/project.env: BUCKET={BUCKET}-2"


@pytest.mark.parametrize(
    ("runtimes", "status"),
    [
        (Answer([{"name": "python313", "stage": "GA"}]), "ok"),
        (Answer([{"name": "python313", "stage": "DEPRECATED"}, {"name": "python314", "stage": "GA"}]), "warning"),
        (Answer([{"name": "python313", "stage": "DECOMMISSIONED"}]), "problem"),
        (Answer([{"name": "nodejs22", "stage": "GA"}]), "problem"),
        (Answer([]), "problem"),
        (refused(Refusal.NOT_FOUND), "problem"),
        (refused(Refusal.API_OFF), "pending"),
    ],
    ids=["there", "deprecated", "gone", "unknown", "no runtime at all", "no such region", "not yet"],
)
def test_region_and_runtime(runtimes: Answer, status: str) -> None:
    assert only(project.runtimes(context({"runtimes": runtimes}))).status == status


OF_OPENAI = (2, "whsec_" + "QUJD" * 8)
REFUSES = Seen(401, is_json=True, body={"error": {"code": "invalid_signature"}})


@pytest.mark.parametrize(
    ("stored", "status", "told", "fix"),
    [
        (Answer(OF_OPENAI), "ok", "is readable and well-formed", ""),
        (Answer((1, OF_OPENAI[1])), "problem", "made up", "scripts/phone.sh"),
        (Answer((2, "")), "problem", "is not one", "scripts/phone.sh"),
        (Answer((3, f"{OF_OPENAI[1]}\n\n")), "problem", "is not one", "scripts/phone.sh"),
        (Answer((4, CANARY)), "problem", "is not one", "scripts/phone.sh"),
        (Answer((5, OF_OPENAI[1].replace("whsec_", ""))), "problem", "is not one", "scripts/phone.sh"),
        (refused(Refusal.NOT_FOUND), "problem", "missing", "scripts/bootstrap.sh"),
        (refused(Refusal.DENIED), "unknown", "not checked", "roles/secretmanager.secretAccessor"),
    ],
    ids=["OpenAI's", "made up", "empty", "lines", "a key", "no prefix", "none", "denied"],
)
def test_the_webhooks_secret(stored: Answer, status: str, told: str, fix: str) -> None:
    secret, _ = telephone.telephone(a_telephone({"telephone:secret": stored}))
    assert (secret.id, secret.status) == ("telephone:secret", status)
    assert told in secret.title
    assert fix in secret.fix
    assert CANARY not in f"{secret}"


@pytest.mark.parametrize(
    ("answer", "status", "fix"),
    [
        (Answer(REFUSES), "ok", ""),
        (Answer(Seen(404, is_json=False, body=None)), "problem", "scripts/deploy.sh"),
        (Answer(Seen(403, is_json=False, body=None)), "problem", "scripts/deploy.sh"),
        (Answer(Seen(401, is_json=False, body=None)), "problem", "scripts/deploy.sh"),
        (Answer(Seen(200, is_json=True, body={})), "problem", "scripts/deploy.sh"),
        (Answer(Seen(503, is_json=True, body={})), "problem", "scripts/deploy.sh"),
        (refused(Refusal.NO_ANSWER), "unknown", "scripts/doctor.sh"),
    ],
    ids=["refuses", "nothing there", "nobody let in", "not ours", "takes it", "fails", "no answer"],
)
def test_the_telephones_route(answer: Answer, status: str, fix: str) -> None:
    _, route = telephone.telephone(a_telephone({"telephone:route": answer}))
    assert (route.id, route.status) == ("telephone:route", status)
    assert fix in route.fix


def a_telephone(answers: Mapping[str, Answer]) -> Context:
    """Of a project that is bootstrapped."""
    agents = {"assistant": replace(load_agents()["assistant"], phone=SimpleNamespace())}
    accounts = [{"email": NAMES.email(name), "description": ACCOUNT_DESCRIPTION} for name in DESIRED.accounts]
    return context({"accounts": Answer(accounts), **answers}, agents=agents, rewrites={"answer-phone": "/api/phone"})


def test_without_a_telephone_nothing_is_said_of_one() -> None:
    assert list(telephone.telephone(context({}))) == []
