"""watch_call in process: who may call it, with what. What it does to a call is in test_live_calls.py."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import flask
import pytest
import requests
from aiohttp import web
from flask.testing import FlaskClient
from standins.google.identity import CERTS_PATH, IdentityTokens
from standins.serving import ServerThread
from voicemint.access.cloud_tasks import REMOVED_SIGNATURE, task_access
from voicemint.agents.call_mode import CallMode
from voicemint.calls.call import KnownCall
from voicemint.calls.tasks import END, WATCH, Task, read_task
from voicemint.errors import SignedOut
from voicemint.google.control_bucket import ControlBucket
from voicemint.secrets.signing import SigningKeys
from voicemint.settings import Settings

from .conftest import SIGNING_KEY, LoadFunction

KEYS = SigningKeys(f"k1 {SIGNING_KEY}")
AUDIENCE = "http://127.0.0.1:9"
QUEUE = "projects/test-project/locations/us-central1/queues/calls"
ACCOUNT = "call-tasks@test-project.iam.gserviceaccount.com"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def identity() -> IdentityTokens:
    return IdentityTokens()


@pytest.fixture(scope="module")
def certs_url(servers: ServerThread, identity: IdentityTokens) -> str:
    app = web.Application()
    app.router.add_get(CERTS_PATH, identity.serve_certificates)
    return f"{servers.serve(app)}{CERTS_PATH}"


@pytest.fixture
def client(load_function: LoadFunction, certs_url: str) -> FlaskClient:
    return load_function(
        "watch_call",
        PROJECT_ID="test-project",
        WATCH_CALL_URL=AUDIENCE,
        GOOGLE_CERTS_URL=certs_url,
        PAYLOAD_LEVEL="off",
    )


@pytest.fixture
def received(openai_url: str) -> Iterator[Callable[[], list[str]]]:
    """The paths that OpenAI's stand-in was asked in this test."""
    log = f"{openai_url}/_standin/requests"
    requests.delete(log, timeout=5)
    yield lambda: [request["path"] for request in requests.get(log, timeout=5).json()["requests"]]
    requests.delete(log, timeout=5)


def call(**changes: Any) -> KnownCall:
    now = int(time.time())
    known: Json = {"call_id": "rtc_1", "person_id": "person1", "agent": "assistant", "setup": CallMode.CLIENT_SECRET}
    return KnownCall(**{**known, "started_at": now, "deadline": now + 60, **changes})


def body(task: Task, keys: SigningKeys = KEYS) -> Json:
    return {"task": task.signed(keys)}


def post(client: FlaskClient, token: str, json: object) -> int:
    return client.post("/", json=json, headers={"Authorization": f"Bearer {token}"}).status_code


def test_whoever_ends_a_call_frees_its_place(
    client: FlaskClient, identity: IdentityTokens, control_bucket: ControlBucket
) -> None:
    task = Task(END, call(), place="2026-11-21/000000")
    assert post(client, identity.token(ACCOUNT, AUDIENCE), body(task)) == 204
    assert control_bucket.list("calling/") == ["calling/person1/2026-11-21/000000-over"]


def test_a_task_of_an_earlier_release_is_done(
    client: FlaskClient, identity: IdentityTokens, received: Callable[[], list[str]]
) -> None:
    """It says neither a place nor a limit."""
    text = KEYS.sign("task", {"do": END, "part": 0, "call": call().as_json()})
    assert post(client, identity.token(ACCOUNT, AUDIENCE), {"task": text}) == 204
    assert received() == ["/v1/realtime/calls/rtc_1/hangup"]


def test_it_ends_a_call_that_may_be_over_already(
    client: FlaskClient, identity: IdentityTokens, received: Callable[[], list[str]]
) -> None:
    assert post(client, identity.token(ACCOUNT, AUDIENCE), body(Task(END, call()))) == 204
    assert received() == ["/v1/realtime/calls/rtc_1/hangup"]


def test_a_watch_that_comes_after_the_deadline_ends_the_call(
    client: FlaskClient, identity: IdentityTokens, received: Callable[[], list[str]]
) -> None:
    late = call(deadline=int(time.time()) - 1)
    assert post(client, identity.token(ACCOUNT, AUDIENCE), body(Task(WATCH, late))) == 204
    assert received() == ["/v1/realtime/calls/rtc_1/hangup"]


def test_a_call_of_the_pages_that_nobody_can_look_at_is_left_to_its_deadline(
    client: FlaskClient, identity: IdentityTokens, received: Callable[[], list[str]]
) -> None:
    old = call(started_at=int(time.time()) - 60)
    assert post(client, identity.token(ACCOUNT, AUDIENCE), body(Task(WATCH, old))) == 204
    assert set(received()) == {"/v1/realtime"}  # the sideband was tried, and nothing hung up


def end_of(tasks_url: str, call_id: str) -> Json:
    """The task that ends a call, as the queue has it; empty if there is none."""
    answer = requests.get(
        f"{tasks_url}/v2/{QUEUE}/tasks?responseView=FULL", headers={"Authorization": "Bearer x"}, timeout=5
    )
    name = f"{QUEUE}/tasks/{call_id}-end-0"
    return next((task for task in answer.json().get("tasks", []) if task["name"] == name), {})


def test_a_watch_schedules_the_end_of_its_call_once(
    client: FlaskClient, identity: IdentityTokens, tasks_url: str
) -> None:
    """When the server opened it, the watch is all that holds it until then."""
    old = call(call_id=f"rtc_{uuid4().hex}", setup=CallMode.UNIFIED, started_at=int(time.time()) - 60)
    task = Task(WATCH, old, place="2026-11-21/000000")
    sent = [post(client, identity.token(ACCOUNT, AUDIENCE), body(task)) for _ in range(2)]
    assert sent == [204] * 2
    end = end_of(tasks_url, old.call_id)
    assert end["scheduleTime"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(old.deadline))
    scheduled = read_task(KEYS, json.loads(base64.b64decode(end["httpRequest"]["body"]))["task"])
    assert scheduled == Task(END, old, place="2026-11-21/000000")


def test_a_watch_that_cannot_schedule_the_end_of_its_call_is_sent_again(
    client: FlaskClient, identity: IdentityTokens, tasks_url: str
) -> None:
    """A crash is no different: Cloud Tasks has no success, and repeats the task."""
    old = call(call_id=f"rtc_{uuid4().hex}", setup=CallMode.UNIFIED, started_at=int(time.time()) - 60)
    fault = f"{tasks_url}/_standin/faults"
    requests.post(fault, json={"fault": "status", "times": None}, timeout=5).raise_for_status()
    try:
        assert post(client, identity.token(ACCOUNT, AUDIENCE), body(Task(WATCH, old))) == 503
    finally:
        requests.delete(fault, timeout=5).raise_for_status()
    assert end_of(tasks_url, old.call_id) == {}
    assert post(client, identity.token(ACCOUNT, AUDIENCE), body(Task(WATCH, old))) == 204
    assert end_of(tasks_url, old.call_id)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("rate_limited", 503, "upstream_rate_limited"), ("insufficient_quota_by_type", 503, "upstream_quota"),
     ("billing_not_active", 503, "upstream_billing"), ("forbidden", 502, "upstream_forbidden"),
     ("server_error", 502, "upstream_unavailable"), ("reset", 502, "upstream_unavailable")],
)  # fmt: skip
def test_a_sideband_that_openai_refuses_is_told_as_every_other_refusal(
    client: FlaskClient, identity: IdentityTokens, openai_url: str, fault: str, status: int, code: str
) -> None:
    armed = {"path": "realtime", "fault": fault, "times": 1}
    requests.post(f"{openai_url}/_standin/faults", json=armed, timeout=5).raise_for_status()
    headers = {"Authorization": f"Bearer {identity.token(ACCOUNT, AUDIENCE)}"}
    answer = client.post("/", json=body(Task(WATCH, call())), headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)


def test_a_call_of_ours_that_nobody_can_look_at_is_ended(
    client: FlaskClient, identity: IdentityTokens, received: Callable[[], list[str]]
) -> None:
    old = call(started_at=int(time.time()) - 60, setup=CallMode.UNIFIED)
    assert post(client, identity.token(ACCOUNT, AUDIENCE), body(Task(WATCH, old))) == 204
    assert received()[-1] == "/v1/realtime/calls/rtc_1/hangup"


def test_it_is_asked_again_where_openai_does_not_hang_up(
    client: FlaskClient, identity: IdentityTokens, openai_url: str
) -> None:
    fault = {"path": "hangup", "fault": "server_error", "times": 2}
    requests.post(f"{openai_url}/_standin/faults", json=fault, timeout=5).raise_for_status()
    assert post(client, identity.token(ACCOUNT, AUDIENCE), body(Task(END, call()))) == 502


@pytest.mark.parametrize(
    ("email", "audience", "claims"),
    [
        ("somebody@test-project.iam.gserviceaccount.com", AUDIENCE, {}),
        (ACCOUNT.replace("test-project", "other-project"), AUDIENCE, {}),
        (ACCOUNT, "https://another.example", {}),
        (ACCOUNT, AUDIENCE, {"iss": "https://securetoken.google.com/test-project"}),
        (ACCOUNT, AUDIENCE, {"email_verified": False}),
        (ACCOUNT, AUDIENCE, {"exp": int(time.time()) - 60, "iat": int(time.time()) - 7200}),
        (ACCOUNT, AUDIENCE, {"iat": int(time.time()) + 3600}),
    ],
    ids=["account", "project", "audience", "issuer", "not verified", "expired", "not yet"],
)
def test_a_token_of_another_kind_is_refused(
    client: FlaskClient,
    identity: IdentityTokens,
    received: Callable[[], list[str]],
    email: str,
    audience: str,
    claims: Json,
) -> None:
    assert post(client, identity.token(email, audience, **claims), body(Task(END, call()))) == 401
    assert received() == []


def test_a_token_that_google_did_not_sign_is_refused(
    client: FlaskClient, identity: IdentityTokens, received: Callable[[], list[str]]
) -> None:
    good = identity.token(ACCOUNT, AUDIENCE)
    forged = IdentityTokens().token(ACCOUNT, AUDIENCE)
    stripped = good.rpartition(".")[0] + REMOVED_SIGNATURE
    statuses = [post(client, token, body(Task(END, call()))) for token in (forged, stripped, "", "x.y.z", good[:-4])]
    assert statuses == [401] * 5
    assert received() == []


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 400),
        ([], 400),
        ({"task": "x"}, 403),
        ({"task": 7}, 403),
        ({"call_id": "rtc_1"}, 400),
        (body(Task(END, call()), SigningKeys("k1 " + "6" * 64)), 403),
        ({"task": call().ticket(KEYS)}, 403),
        ({**body(Task(END, call())), "more": 1}, 400),
    ],
    ids=["empty", "list", "text", "number", "no task", "foreign key", "a ticket", "more"],
)
def test_only_a_task_of_ours_is_done(
    client: FlaskClient, identity: IdentityTokens, received: Callable[[], list[str]], sent: object, status: int
) -> None:
    assert post(client, identity.token(ACCOUNT, AUDIENCE), sent) == status
    assert received() == []


@pytest.fixture
def ask_on_cloud_run(certs_url: str) -> Callable[[str], str]:
    """Who it is, on Cloud Run, that sends this token."""
    environment = {"CONTROL_BUCKET": "c", "PROJECT_ID": "test-project", "GOOGLE_CERTS_URL": certs_url}
    settings = Settings.from_environ({**environment, "WATCH_CALL_URL": AUDIENCE})
    access = task_access(replace(settings, on_cloud_run=True))
    app = flask.Flask("test")

    def ask(token: str) -> str:
        with app.test_request_context(headers={"Authorization": f"Bearer {token}"}):
            return access(flask.request).person_id

    return ask


def stripped(token: str) -> str:
    return token.rpartition(".")[0] + REMOVED_SIGNATURE


def test_on_cloud_run_a_token_may_come_without_its_signature(
    ask_on_cloud_run: Callable[[str], str], identity: IdentityTokens
) -> None:
    assert ask_on_cloud_run(stripped(identity.token(ACCOUNT, AUDIENCE))) == "call-tasks"
    assert ask_on_cloud_run(identity.token(ACCOUNT, AUDIENCE)) == "call-tasks"


@pytest.mark.parametrize(
    "claims",
    [{"email": "x@y.z"}, {"aud": "https://other.example"}, {"iss": "me"}, {"exp": 1}, {"email_verified": "true"}],
    ids=str,
)
def test_without_a_signature_its_claims_count_all_the_same(
    ask_on_cloud_run: Callable[[str], str], identity: IdentityTokens, claims: Json
) -> None:
    with pytest.raises(SignedOut):
        ask_on_cloud_run(stripped(identity.token(**{"email": ACCOUNT, "audience": AUDIENCE, **claims})))


def test_it_refuses_to_start_without_a_bucket_for_what_it_hears(load_function: LoadFunction, certs_url: str) -> None:
    with pytest.raises(Exception, match="BUCKET is not set"):
        load_function("watch_call", PROJECT_ID="test-project", GOOGLE_CERTS_URL=certs_url)
