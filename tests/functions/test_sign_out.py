"""Signing out ends the session on the server, and says so only where it did."""

import io
import time
from collections.abc import Callable, Iterator

import pytest
import requests
from flask.testing import FlaskClient
from voicemint.access.invites import make_invite
from voicemint.control.stop_switch import ControlState
from voicemint.google.control_bucket import ControlBucket
from werkzeug.test import TestResponse

from .conftest import LoadFunction, session_cookie, write_control
from .test_sign_in import KEYS, URL, Make, cookie_of, redeem, refusal

Arm = Callable[..., None]


@pytest.fixture
def client(load_function: LoadFunction) -> FlaskClient:
    return load_function("sign_in", VOICEMINT_ACCESS="invite")


@pytest.fixture
def arm(storage_url: str) -> Iterator[Arm]:
    """Arm a fault of the storage stand-in."""
    url = f"{storage_url}/_standin/faults"
    yield lambda **fault: requests.post(url, json=fault, timeout=5).raise_for_status()
    requests.delete(url, timeout=5)


def has_left(answer: TestResponse) -> bool:
    """Whether the answer says so, and takes the cookie away."""
    return answer.status_code == 204 and (cookie_of(answer).value, cookie_of(answer)["max-age"]) == ("", "0")


def sign_out(client: FlaskClient, cookie: str) -> TestResponse:
    client.set_cookie("__session", cookie)
    return client.delete(URL)


def test_signing_out_clears_the_cookie(client: FlaskClient) -> None:
    redeem(client, make_invite(KEYS, "Ana", epoch=0)[1])
    assert has_left(client.delete(URL))
    assert refusal(client.get(URL)) == (401, "signed_out")
    assert has_left(client.delete(URL))


def test_signing_out_ends_the_session_for_everybody_who_has_a_copy_of_the_cookie(
    client: FlaskClient, load_function: LoadFunction, control_bucket: ControlBucket
) -> None:
    cookie = session_cookie()
    assert has_left(sign_out(client, cookie))
    assert control_bucket.list("signed-out/") == ["signed-out/person1"]
    elsewhere = load_function("sign_in", VOICEMINT_ACCESS="invite")
    elsewhere.set_cookie("__session", cookie)
    assert refusal(elsewhere.get(URL)) == (401, "signed_out")
    elsewhere.set_cookie("__session", session_cookie(id="person2"))
    assert elsewhere.get(URL).status_code == 200


def test_signing_out_is_noted_once_however_often_it_is_said(
    client: FlaskClient, load_function: LoadFunction, control_bucket: ControlBucket
) -> None:
    cookie = session_cookie()
    assert all(has_left(sign_out(client, cookie)) for _ in range(3))
    first = control_bucket.read("signed-out/person1")
    elsewhere = load_function("sign_in", VOICEMINT_ACCESS="invite")
    assert all(has_left(sign_out(elsewhere, cookie)) for _ in range(3))
    assert (control_bucket.list("signed-out/"), first) == (["signed-out/person1"], b"{}")


@pytest.mark.parametrize(
    "make",
    [
        lambda: "",
        lambda: "v1.k1.e30." + "0" * 64,
        lambda: session_cookie(exp=int(time.time()) - 1),
        lambda: session_cookie("k1 " + "6" * 64),
        lambda: make_invite(KEYS, "Ana", epoch=0)[1],
        lambda: session_cookie(id="revoked"),
        lambda: session_cookie(epoch=-1),
    ],
    ids=["none", "made up", "expired", "foreign", "an invite", "revoked", "everybody was signed out"],
)
def test_who_has_no_session_signs_out_without_a_trace(
    client: FlaskClient, control_bucket: ControlBucket, storage_url: str, make: Make
) -> None:
    write_control(control_bucket, storage_url, ControlState(revoked=frozenset({"revoked"})))
    assert has_left(sign_out(client, make()))
    assert control_bucket.list("") == ["control.json"]


def test_who_cannot_be_signed_out_is_told_so_and_stays_signed_in(
    client: FlaskClient, control_bucket: ControlBucket, arm: Arm, storage_url: str
) -> None:
    client.set_cookie("__session", session_cookie())
    assert client.get(URL).status_code == 200
    arm(fault="status", status=403, operation="objects_insert", times=None)
    assert refusal(client.delete(URL)) == (503, "sign_out_unavailable")
    assert client.get(URL).status_code == 200
    requests.delete(f"{storage_url}/_standin/faults", timeout=5)
    assert has_left(client.delete(URL))
    assert control_bucket.list("signed-out/") == ["signed-out/person1"]


def test_who_cannot_be_signed_out_because_nothing_can_be_read_is_told_so(client: FlaskClient, arm: Arm) -> None:
    arm(fault="status", status=403, operation="*", times=None)
    assert refusal(sign_out(client, session_cookie())) == (503, "sign_out_unavailable")


def test_signing_out_whose_answer_from_the_bucket_was_lost_works(
    client: FlaskClient, control_bucket: ControlBucket, arm: Arm
) -> None:
    arm(fault="reset_after_commit", operation="objects_insert")
    assert has_left(sign_out(client, session_cookie()))
    assert control_bucket.list("signed-out/") == ["signed-out/person1"]


def test_beyond_what_every_function_can_read_nobody_is_told_that_they_signed_out(
    client: FlaskClient, control_bucket: ControlBucket, monkeypatch: pytest.MonkeyPatch, log_output: io.StringIO
) -> None:
    control_bucket.create("signed-out/ben", b"{}")
    monkeypatch.setattr("sign_in.MAX_SIGNED_OUT", 1)
    assert refusal(sign_out(client, session_cookie())) == (503, "sign_out_unavailable")
    assert has_left(sign_out(client, session_cookie(id="ben")))
    assert control_bucket.list("signed-out/") == ["signed-out/ben"]
    assert "scripts/invite.sh --revoke" in log_output.getvalue()


@pytest.mark.parametrize("mode", ["open", "firebase"])
def test_where_there_are_no_sessions_signing_out_asks_nobody(
    load_function: LoadFunction, control_bucket: ControlBucket, arm: Arm, mode: str
) -> None:
    firebase = {"PROJECT_ID": "test-project", "FIREBASE_ALLOWED": "ana@example.com"}
    client = load_function("sign_in", VOICEMINT_ACCESS=mode, **firebase)
    arm(fault="status", status=403, operation="objects_insert", times=None)
    assert has_left(sign_out(client, session_cookie()))
    assert control_bucket.list("signed-out/") == []
