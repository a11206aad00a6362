"""Faults strike the requests that they were armed for, and the client sees what Google would have shown."""

from typing import Any

import pytest
import requests
from standins.google.control_plane.state.request_log import Logged

from ......google import PROJECT_ID, Google
from ..conftest import Caller

PROJECT = f"cloudresourcemanager.googleapis.com/v1/projects/{PROJECT_ID}"
ACCOUNTS = f"iam.googleapis.com/v1/projects/{PROJECT_ID}/serviceAccounts"


@pytest.fixture(autouse=True)
def _services(google: Google) -> None:
    google.enable_everything()


def create(call: Caller, name: str = "builder") -> tuple[int, Any]:
    return call("POST", ACCOUNTS, {"accountId": name})


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("403", 403, "PERMISSION_DENIED"),
        ("409", 409, "ABORTED"),
        ("429", 429, "RESOURCE_EXHAUSTED"),
        ("503", 503, "UNAVAILABLE"),
        ("not_yet", 400, "INVALID_ARGUMENT"),
        ("service_disabled", 403, "PERMISSION_DENIED"),
    ],
)
def test_a_refusal_is_google_s_and_nothing_happens(
    google: Google, call: Caller, kind: str, status: int, code: str
) -> None:
    google.plane.state.faults.arm(kind, host="iam.", path="/serviceAccounts$")
    answered, answer = create(call)
    assert (answered, answer["error"]["code"], answer["error"]["status"]) == (status, status, code)
    assert google.plane.state.accounts == {}
    assert google.plane.state.log.writes() == []
    assert create(call)[0] == 200


def test_a_service_just_enabled_says_so(google: Google, call: Caller) -> None:
    google.plane.state.faults.arm("service_disabled")
    [info, _] = create(call)[1]["error"]["details"]
    assert (info["reason"], info["metadata"]["service"]) == ("SERVICE_DISABLED", "iam.googleapis.com")


@pytest.mark.parametrize(("kind", "made"), [("reset", 0), ("reset_after_commit", 1)])
def test_a_connection_is_reset_before_the_change_or_after_it(
    google: Google, call: Caller, kind: str, made: int
) -> None:
    google.plane.state.faults.arm(kind)
    with pytest.raises(requests.ConnectionError):
        create(call)
    assert len(google.plane.state.accounts) == made
    assert len(google.plane.state.log.writes()) == made
    assert create(call)[0] == (409 if made else 200)


def test_the_nth_request_and_some_after_it(google: Google, call: Caller) -> None:
    google.plane.state.faults.arm("429", nth=2, times=2)
    names = ("first-one", "second-one", "third-one", "fourth-one")
    assert [create(call, name)[0] for name in names] == [200, 429, 429, 200]


def test_reads_are_spared_unless_they_are_meant(google: Google, call: Caller) -> None:
    google.plane.state.faults.arm("503")
    assert call("GET", PROJECT)[0] == 200
    assert call("POST", f"{PROJECT}:getIamPolicy")[0] == 200
    google.plane.state.faults.arm("503", method="GET", host="cloudresourcemanager", path=f"/{PROJECT_ID}$")
    assert call("GET", PROJECT)[0] == 503
    assert create(call)[0] == 503


def test_a_callback_sees_the_state_before_and_after(google: Google, call: Caller) -> None:
    seen: list[tuple[str, int]] = []

    def look(when: str) -> Any:
        def note(entry: Logged) -> None:
            seen.append((f"{when} {entry.method} {entry.path.rpartition('/')[2]}", len(google.plane.state.accounts)))

        return note

    google.plane.state.faults.call(before=look("before"), after=look("after"))
    assert create(call)[0] == 200
    assert seen == [("before POST serviceAccounts", 0), ("after POST serviceAccounts", 1)]


def test_every_write_fails_when_it_is_first_tried(google: Google, call: Caller) -> None:
    google.plane.state.faults.every_write_once("503")
    assert [create(call, name)[0] for name in ("first-one", "first-one", "second-one", "second-one")] == [
        503, 200, 503, 200,
    ]  # fmt: skip
    assert len(google.plane.state.faults.struck) == 2


def test_a_policy_read_anew_is_the_same_write(google: Google, call: Caller) -> None:
    """Its etag is another, what is granted is not."""
    google.plane.state.faults.every_write_once("reset_after_commit")
    binding = {"role": "roles/viewer", "members": ["user:a@example.com"]}

    def grant() -> int:
        policy = call("POST", f"{PROJECT}:getIamPolicy")[1]
        others = [kept for kept in policy["bindings"] if kept["role"] != "roles/viewer"]
        given = {"bindings": [*others, binding], "etag": policy["etag"]}
        return call("POST", f"{PROJECT}:setIamPolicy", {"policy": given})[0]

    with pytest.raises(requests.ConnectionError):
        grant()
    assert grant() == 200
    assert len(google.plane.state.log.writes()) == 2


def test_a_fault_that_nobody_knows_is_refused(google: Google) -> None:
    with pytest.raises(ValueError, match="'teapot' is not known; use one of 403, 409"):
        google.plane.state.faults.arm("teapot")
