"""From an invite's link to a cookie and out again, on the function in process."""

import io
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from voicemint.access.invites import INVITE_SECONDS, Invite, make_invite
from voicemint.control.stop_switch import Control, ControlState
from voicemint.google.control_bucket import ControlBucket
from voicemint.secrets.signing import SigningKeys
from werkzeug.test import TestResponse

from .conftest import SIGNING_KEY, LoadFunction, json_lines, session_cookie, write_control

URL = "/api/access"
DAY = 24 * 3600
GOOGLE = {
    "STORAGE_EMULATOR_HOST": "",
    "GCE_METADATA_HOST": "",
    "GCE_METADATA_IP": "",
    "CLOUD_TASKS_URL": "https://cloudtasks.googleapis.com",
    "WATCH_CALL_URL": "https://watch-call.example",
    "OPENAI_BASE_URL": "https://api.openai.com/v1",
}
KEYS = SigningKeys(f"k1 {SIGNING_KEY}")

Make = Callable[[], str]


@pytest.fixture
def client(load_function: LoadFunction) -> FlaskClient:
    return load_function("sign_in", VOICEMINT_ACCESS="invite")


@pytest.fixture
def invite() -> tuple[Invite, str]:
    return make_invite(KEYS, "Ana's iPad", epoch=0)


def redeem(client: FlaskClient, text: object) -> TestResponse:
    return client.post(URL, json={"invite": text})


def refusal(answer: TestResponse) -> tuple[int, str]:
    assert answer.headers.getlist("Set-Cookie") == []
    return answer.status_code, answer.json["error"]["code"]


def cookie_of(answer: TestResponse) -> Any:
    (header,) = answer.headers.getlist("Set-Cookie")
    return SimpleCookie(header)["__session"]


def test_an_invite_becomes_a_cookie_and_the_cookie_a_person(client: FlaskClient, invite: tuple[Invite, str]) -> None:
    answer = redeem(client, invite[1])
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["Cache-Control"] == "private, no-store"
    me = client.get(URL)
    assert me.status_code == 200
    assert me.json["name"] == "Ana's iPad"
    assert abs(me.json["expires_at"] - time.time() - DAY) < 60


def test_the_mark_of_a_person_is_always_the_same_and_no_id(client: FlaskClient, invite: tuple[Invite, str]) -> None:
    redeem(client, invite[1])
    marks = [client.get(URL).json["mark"], client.get(URL).json["mark"]]
    client.set_cookie(
        "__session", session_cookie(id=invite[0].invite_id, name="Another name", exp=int(time.time()) + 9)
    )
    marks.append(client.get(URL).json["mark"])
    client.set_cookie("__session", session_cookie(id="person2", name="Ana's iPad"))
    other = client.get(URL).json["mark"]
    assert len(set(marks)) == 1
    assert other not in marks
    assert invite[0].invite_id not in marks[0]


def test_the_page_can_know_the_mark_of_an_invites_person(client: FlaskClient) -> None:
    client.set_cookie("__session", session_cookie(id="person1"))
    assert client.get(URL).json["mark"] == "41171fc58a84b37466fd6a316a41aa83"  # as web/test/page/invite.test.ts has it


def test_the_cookie_is_for_this_site_and_out_of_reach_of_scripts(
    client: FlaskClient, invite: tuple[Invite, str]
) -> None:
    cookie = cookie_of(redeem(client, invite[1]))
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == "/"
    assert cookie["domain"] == ""
    assert cookie["secure"] == ""  # plain http on this machine


@pytest.fixture
def cloud_run_client(
    load_function: LoadFunction, control_bucket: ControlBucket, monkeypatch: pytest.MonkeyPatch
) -> FlaskClient:
    """The function as on Cloud Run. It refuses to be told of stand-ins there, so this is said afterwards."""
    client = load_function("sign_in", VOICEMINT_ACCESS="invite", K_SERVICE="sign-in", **GOOGLE)
    monkeypatch.setattr("sign_in.BUCKET", control_bucket)
    monkeypatch.setattr("sign_in.CONTROL", Control(control_bucket))
    return client


def test_the_cookie_is_secure_on_cloud_run(cloud_run_client: FlaskClient, invite: tuple[Invite, str]) -> None:
    assert cookie_of(redeem(cloud_run_client, invite[1]))["secure"] is True
    assert cookie_of(cloud_run_client.delete(URL))["secure"] is True


def test_a_session_lives_thirty_days_on_cloud_run(
    cloud_run_client: FlaskClient, invite: tuple[Invite, str], control_bucket: ControlBucket
) -> None:
    assert lifetimes(redeem(cloud_run_client, invite[1]), invite[0], control_bucket) == [30 * DAY] * 3


def test_a_session_of_a_local_run_lives_a_day(
    client: FlaskClient, invite: tuple[Invite, str], control_bucket: ControlBucket
) -> None:
    """Browsers send a cookie of localhost to every port of the machine, and keep it when the run has ended."""
    assert lifetimes(redeem(client, invite[1]), invite[0], control_bucket) == [DAY] * 3


def lifetimes(signed_in: TestResponse, invite: Invite, control_bucket: ControlBucket) -> list[int]:
    """What the cookie says, what is signed in it, and what the owner's list knows, in seconds."""
    cookie = cookie_of(signed_in)
    session = KEYS.verify("session", cookie.value)
    record = json.loads(control_bucket.read(f"redeemed/{invite.invite_id}.json") or b"")
    assert session is not None
    return [
        int(cookie["max-age"]),
        session["exp"] - record["redeemed_at"],
        record["expires_at"] - record["redeemed_at"],
    ]


def test_an_invite_works_once(client: FlaskClient, invite: tuple[Invite, str]) -> None:
    assert redeem(client, invite[1]).status_code == 204
    assert {refusal(redeem(client, invite[1])) for _ in range(3)} == {(403, "invalid_invite")}


def test_of_many_who_redeem_one_invite_at_once_one_gets_in(client: FlaskClient, invite: tuple[Invite, str]) -> None:
    with ThreadPoolExecutor(20) as threads:
        clients = [client.application.test_client() for _ in range(20)]
        statuses = list(threads.map(lambda each: redeem(each, invite[1]).status_code, clients))
    assert sorted(statuses) == [204] + [403] * 19


def test_who_was_let_in_is_remembered(
    client: FlaskClient, invite: tuple[Invite, str], control_bucket: ControlBucket
) -> None:
    redeem(client, invite[1])
    record = json.loads(control_bucket.read(f"redeemed/{invite[0].invite_id}.json") or b"")
    assert record["name"] == "Ana's iPad"
    assert abs(record["redeemed_at"] - time.time()) < 60


def test_an_invite_whose_answer_from_the_bucket_was_lost_still_works(
    client: FlaskClient, invite: tuple[Invite, str], storage_url: str
) -> None:
    fault = {"fault": "reset_after_commit", "operation": "objects_insert"}
    requests.post(f"{storage_url}/_standin/faults", json=fault, timeout=5).raise_for_status()
    assert redeem(client, invite[1]).status_code == 204


def test_an_invite_is_not_used_up_while_the_control_bucket_is_down(
    client: FlaskClient, invite: tuple[Invite, str], storage_url: str
) -> None:
    faults = f"{storage_url}/_standin/faults"
    redeem(client, "x")
    requests.post(faults, json={"fault": "status", "status": 403, "times": None}, timeout=5).raise_for_status()
    assert refusal(redeem(client, invite[1])) == (503, "control_unavailable")
    requests.delete(faults, timeout=5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: make_invite(KEYS, "Ana", epoch=0, now=time.time() - INVITE_SECONDS)[1],
        lambda: make_invite(SigningKeys("k1 " + "6" * 64), "Ana", epoch=0)[1],
        lambda: make_invite(KEYS, "Ana", epoch=0)[1][:-1],
        lambda: session_cookie(),
        lambda: "",
        lambda: "v1.k1.e30." + "0" * 64,
        lambda: "x" * 1500,
        lambda: "\u2019",
    ],
    ids=["expired", "foreign", "truncated", "a session", "empty", "forged", "long", "curly quote"],
)
def test_what_is_no_invite_of_ours_is_refused_without_asking_the_bucket(
    client: FlaskClient, storage_url: str, make: Make
) -> None:
    requests.delete(f"{storage_url}/_standin/requests", timeout=5)
    assert refusal(redeem(client, make())) == (403, "invalid_invite")
    assert requests.get(f"{storage_url}/_standin/requests", timeout=5).json() == []


def test_a_revoked_invite_is_refused(
    client: FlaskClient, invite: tuple[Invite, str], control_bucket: ControlBucket, storage_url: str
) -> None:
    write_control(control_bucket, storage_url, ControlState(revoked=frozenset({invite[0].invite_id})))
    assert refusal(redeem(client, invite[1])) == (403, "invalid_invite")


def test_an_invite_made_before_everybody_was_signed_out_is_refused(
    client: FlaskClient, invite: tuple[Invite, str], control_bucket: ControlBucket, storage_url: str
) -> None:
    write_control(control_bucket, storage_url, ControlState(epoch=1))
    assert refusal(redeem(client, invite[1])) == (403, "invalid_invite")
    assert redeem(client, make_invite(KEYS, "Ana", epoch=1)[1]).status_code == 204
    assert client.get(URL).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid_json"),
        (b"{", 400, "invalid_json"),
        (b"[" * 2000, 400, "invalid_json"),
        (b"[]", 400, "invalid_request"),
        (b"{}", 400, "invalid_request"),
        (b'{"invite": 7}', 400, "invalid_request"),
        (b'{"invite": "a", "name": "b"}', 400, "unknown_field"),
        (b" " * 2049, 413, "body_too_large"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_body_of_another_form_is_refused(client: FlaskClient, body: bytes, status: int, code: str) -> None:
    assert refusal(client.post(URL, data=body, content_type="application/json")) == (status, code)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost@evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_another_sites_page_is_refused(client: FlaskClient, method: str, headers: dict[str, str]) -> None:
    answer = client.open(URL, method=method, json={"invite": "x"} if method == "POST" else None, headers=headers)
    assert refusal(answer) == (403, "cross_site")


def test_who_is_not_signed_in_is_told_to_ask_for_a_link(client: FlaskClient) -> None:
    answer = client.get(URL)
    assert refusal(answer) == (401, "signed_out")
    assert "link" in answer.json["error"]["message"]


@pytest.mark.parametrize(
    "cookie",
    [
        lambda: session_cookie(exp=int(time.time()) - 1),
        lambda: session_cookie("k1 " + "6" * 64),
        lambda: session_cookie("k2 " + SIGNING_KEY),
        lambda: session_cookie()[:-1],
        lambda: make_invite(KEYS, "Ana", epoch=0)[1],
    ],
    ids=["expired", "foreign", "key gone", "truncated", "an invite"],
)
def test_a_cookie_that_is_not_ours_or_not_valid_is_refused(client: FlaskClient, cookie: Make) -> None:
    client.set_cookie("__session", cookie())
    assert refusal(client.get(URL)) == (401, "signed_out")


@pytest.mark.parametrize(
    "state", [ControlState(revoked=frozenset({"person1"})), ControlState(epoch=1)], ids=["one", "all"]
)
def test_a_cookie_of_somebody_who_was_signed_out_is_refused(
    client: FlaskClient, control_bucket: ControlBucket, storage_url: str, state: ControlState
) -> None:
    write_control(control_bucket, storage_url, state)
    client.set_cookie("__session", session_cookie())
    assert refusal(client.get(URL)) == (401, "signed_out")


def test_a_cookie_signed_before_a_rotation_is_still_good(load_function: LoadFunction, signing_key_file: Any) -> None:
    signing_key_file.write_text(f"k2 {'7' * 64}\nk1 {SIGNING_KEY}\n")
    client = load_function("sign_in", VOICEMINT_ACCESS="invite")
    client.set_cookie("__session", session_cookie())
    assert client.get(URL).status_code == 200
    redeem(client, make_invite(KEYS, "Ana", epoch=0)[1])
    assert client.get_cookie("__session").value.startswith("v1.k2.")


def test_other_methods_are_refused(client: FlaskClient) -> None:
    for method in ("PUT", "PATCH", "OPTIONS", "TRACE"):
        answer = client.open(URL, method=method)
        assert refusal(answer) == (405, "method_not_allowed")
        assert answer.headers["Allow"] == "POST, GET, DELETE"


def test_a_signing_key_that_cannot_be_read_lets_nobody_in(
    load_function: LoadFunction, invite: tuple[Invite, str], signing_key_file: Any
) -> None:
    signing_key_file.write_text("not a key")
    client = load_function("sign_in", VOICEMINT_ACCESS="invite")
    assert refusal(redeem(client, invite[1])) == (503, "secret_unavailable")
    client.set_cookie("__session", session_cookie())
    assert refusal(client.get(URL)) == (503, "secret_unavailable")
    assert refusal(client.delete(URL)) == (503, "secret_unavailable")


def test_nothing_of_an_invite_or_a_cookie_is_logged_but_the_persons_id(
    client: FlaskClient, invite: tuple[Invite, str], log_output: io.StringIO
) -> None:
    redeem(client, invite[1])
    client.get(URL)
    redeem(client, invite[1])
    cookie = client.get_cookie("__session").value
    log = log_output.getvalue()
    told = [(line["status"], line.get("person")) for line in json_lines(log)]
    assert told == [(204, invite[0].invite_id), (200, invite[0].invite_id), (403, None)]
    for secret in (invite[1], cookie, "Ana"):
        assert [part for part in secret.split(".") if len(part) > 2 and part in log] == []
