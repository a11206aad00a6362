"""What release 3e2bf5a left behind is read by this one: objects of both buckets, cookies, invites, tickets, tasks.

previous_release.json was written by the functions of that commit themselves, asked through their routes and classes
with a signing key that is only a test's. Calls began at 2026-11-21 12:00 UTC; whoever is signed in stays so until 2099.
"""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from aiohttp import web
from flask.testing import FlaskClient
from standins.google.identity import CERTS_PATH, IdentityTokens
from standins.serving import ServerThread
from voicemint.agents.phone_table import parse_phone
from voicemint.agents.server_tools import claim_of
from voicemint.calls.call import KnownCall
from voicemint.calls.deadline import bound_call
from voicemint.calls.tasks import read_task
from voicemint.control.stop_switch import Control
from voicemint.google.control_bucket import ControlBucket
from voicemint.limits.daily import DailyLimit
from voicemint.limits.monthly_minutes import MonthlyMinutes
from voicemint.monitor.transcript import kept_as
from voicemint.monitor.usage_ledger import CallLedger
from voicemint.payloads.batch import encode_records, object_name, server_object_name
from voicemint.phone.capacity import PhoneLine
from voicemint.phone.webhook_dedup import REPEATED, WebhookDedup
from voicemint.secrets.signing import SigningKeys

from .an_agent import AGENT
from .at_once import AtOnce
from .conftest import SIGNING_KEY, LoadFunction
from .memory_bucket import MemoryBucket

PREVIOUS = json.loads(Path(__file__).with_name("previous_release.json").read_text())
ANA = PREVIOUS["person_id"]
REGISTERED, UNIFIED, ON_THE_PHONE = "rtc_previous_registered", "rtc_previous_unified", "rtc_previous_phone"
BEGAN = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEYS = SigningKeys(f"k1 {SIGNING_KEY}")
AUDIENCE = "http://127.0.0.1:9"
CALL_TASKS = "call-tasks@test-project.iam.gserviceaccount.com"

Load = Callable[..., FlaskClient]


@pytest.fixture
def load(load_function: LoadFunction, control_bucket: ControlBucket, storage_url: str) -> Load:
    """A function whose control bucket is the previous release's, and whose caller was signed in by it."""
    for name, content in PREVIOUS["control"].items():
        upload = f"{storage_url}/upload/storage/v1/b/{control_bucket.name}/o"
        asked = {"uploadType": "media", "name": name}
        requests.post(upload, params=asked, data=content.encode(), timeout=5).raise_for_status()

    def load(name: str, **environment: str) -> FlaskClient:
        client = load_function(name, VOICEMINT_ACCESS="invite", PROJECT_ID="test-project", **environment)
        client.set_cookie("__session", PREVIOUS["cookie"])
        return client

    return load


@pytest.fixture
def hung_up(openai_url: str) -> Callable[[], list[str]]:
    """The calls that OpenAI was asked to hang up in this test."""
    log = f"{openai_url}/_standin/requests"
    requests.delete(log, timeout=5)

    def hung_up() -> list[str]:
        paths = [request["path"] for request in requests.get(log, timeout=5).json()["requests"]]
        return [path.split("/")[-2] for path in paths if path.endswith("/hangup")]

    return hung_up


@pytest.fixture
def bucket() -> Any:
    """The control bucket in memory, for what depends on a clock."""
    bucket = MemoryBucket()
    bucket.objects = {name: content.encode() for name, content in PREVIOUS["control"].items()}
    return bucket


def registered_call(bucket: Any) -> KnownCall:
    call = bound_call(bucket, REGISTERED, ANA)
    assert call is not None
    return call


def test_who_was_signed_in_still_is(load: Load) -> None:
    answer = load("sign_in").get("/api/access")
    assert (answer.status_code, answer.json["name"]) == (200, "Ana's iPad")  # type: ignore[index]


@pytest.mark.parametrize(("invite", "status"), [("redeemed_invite", 403), ("open_invite", 204)])
def test_an_invite_works_once_over_both_releases(load: Load, invite: str, status: int) -> None:
    assert load("sign_in").post("/api/access", json={"invite": PREVIOUS[invite]}).status_code == status


def test_the_control_state_is_read_whole(bucket: Any) -> None:
    state = Control(bucket).current()
    assert (state.stopped, state.epoch, state.revoked) == (False, 2, {"0" * 24})


def test_who_is_signed_in_may_mint_and_call(load: Load) -> None:
    assert load("mint_client_secret").post("/api/client-secrets", json={}).status_code == 200


@pytest.mark.parametrize("call_id", [REGISTERED, UNIFIED])
def test_a_ticket_ends_its_call(load: Load, hung_up: Callable[[], list[str]], call_id: str) -> None:
    answer = load("create_call").post("/api/calls/hangup", json={"ticket": PREVIOUS["tickets"][call_id]})
    assert answer.status_code == 204
    assert hung_up() == [call_id]


def test_a_registered_call_stays_its_persons_with_the_same_deadline(load: Load) -> None:
    answer = load("create_call").post("/api/calls/register", json={"call_id": REGISTERED})
    tickets = [answer.json["ticket"], PREVIOUS["tickets"][REGISTERED]]  # type: ignore[index]
    deadlines = {payload["deadline"] for text in tickets if (payload := KEYS.verify("ticket", text))}
    assert deadlines == {int(BEGAN.timestamp()) + 1800}


def test_a_batch_of_a_registered_call_is_stored_under_it(load: Load, storage_url: str) -> None:
    headers = {"Content-Type": "application/x-ndjson", "Voicemint-Batch": f"{REGISTERED}/1"}
    client = load("log_payload", BUCKET="payloads", STORAGE_EMULATOR_HOST=storage_url)
    answer = client.post("/api/logs", data=PREVIOUS["batch"], headers=headers)
    assert answer.json["object"].split("/")[2] == REGISTERED  # type: ignore[index]


@pytest.mark.parametrize("task_id", sorted(PREVIOUS["tasks"]))
def test_a_task_in_flight_is_done(
    load: Load, hung_up: Callable[[], list[str]], servers: ServerThread, task_id: str
) -> None:
    """They are all delivered after the deadline here, so each ends its call."""
    identity, app = IdentityTokens(), web.Application()
    app.router.add_get(CERTS_PATH, identity.serve_certificates)
    certs_url = f"{servers.serve(app)}{CERTS_PATH}"
    client = load("watch_call", WATCH_CALL_URL=AUDIENCE, GOOGLE_CERTS_URL=certs_url, PAYLOAD_LEVEL="off")
    headers = {"Authorization": f"Bearer {identity.token(CALL_TASKS, AUDIENCE)}"}
    assert client.post("/", json={"task": PREVIOUS["tasks"][task_id]["task"]}, headers=headers).status_code == 204
    assert hung_up() == [task_id.rsplit("-", 2)[0]]


@pytest.mark.parametrize("task_id", sorted(PREVIOUS["tasks"]))
def test_a_task_has_the_name_that_keeps_it_from_being_made_twice(task_id: str) -> None:
    task = read_task(KEYS, PREVIOUS["tasks"][task_id]["task"])
    assert task is not None
    assert task.task_id == task_id
    assert PREVIOUS["tasks"][task_id]["at"] in (None, task.call.deadline)


def test_the_days_limit_counts_what_was_leased(bucket: Any) -> None:
    """Two blocks of five, of eleven."""
    at = datetime(2026, 11, 28, 23, tzinfo=UTC)
    day = DailyLimit(bucket, limit=11, block_size=5, utc_now=lambda: at)
    assert day.take() == at.date()
    with pytest.raises(Exception, match="used up"):
        day.take()


def test_the_month_counts_the_minutes(bucket: Any) -> None:
    assert MonthlyMinutes(bucket, limit=5, utc_now=lambda: BEGAN).read(ANA).minutes == 3


def test_a_watch_that_takes_a_call_up_counts_money_and_minutes_once(bucket: Any) -> None:
    threads: Any = AtOnce()
    ledger = CallLedger(bucket, registered_call(bucket), AGENT, threads)
    ledger.begin_with(ledger.counted())
    assert ledger.micro_usd == 4500 + 6400
    said = {"id": "resp_1", "usage": {"output_token_details": {"audio_tokens": 100}}}
    assert ledger.pay({"type": "response.done", "response": said}) is None
    before = set(bucket.objects)
    ledger.pass_minutes(BEGAN.timestamp() + 61)
    assert set(bucket.objects) == before


@pytest.mark.parametrize("what", ["call_0123", "first word"])
def test_what_was_claimed_stays_claimed(bucket: Any, what: str) -> None:
    assert not bucket.create(*claim_of(ON_THE_PHONE, what))


def test_a_webhook_that_was_acted_on_is_a_repeat(bucket: Any) -> None:
    assert WebhookDedup(bucket).act("wh_previous", lambda: "accepted again") == REPEATED


def test_a_phone_line_knows_who_is_on_it_and_what_was_used(bucket: Any) -> None:
    table = {"numbers": ["+18005550100"], "callers": "anyone", "time_zone": "UTC", "hours": "always"}
    policy = parse_phone("assistant.toml", {**table, "max_calls": 2, "max_minutes_per_day": 20})
    line = PhoneLine(bucket, "assistant", policy, lambda: BEGAN.timestamp() + 120)
    assert line.take(ON_THE_PHONE, 600).ends_at == int(BEGAN.timestamp()) + 600
    assert line.take("rtc_new", 3600).minutes == 20 - 10 - 2  # one reserves ten minutes, the other took two


def test_payloads_have_the_names_and_the_form_that_they_had() -> None:
    stored = {name: json.loads(content) for name, content in PREVIOUS["payloads"].items()}
    day = date(2026, 11, 28)
    assert object_name(REGISTERED, 0, PREVIOUS["batch"].encode(), day) in stored
    for name, record in stored.items():
        source = "server" if "server" in record else "client"
        entry = record[source]
        if source == "server":
            assert name == server_object_name(REGISTERED, str(kept_as(entry["event"])), BEGAN.date())
        fields = {key: value for key, value in record.items() if key not in ("line", source)}
        assert encode_records([entry], fields, source).decode() == PREVIOUS["payloads"][name]
