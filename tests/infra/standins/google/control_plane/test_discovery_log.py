"""The check by Google's discovery documents finds what is wrong in a log, wherever it is."""

from copy import deepcopy
from typing import Any

import pytest

from .....google import BILLING_ACCOUNT, PROJECT_ID, Google
from ..discovery_log import UNDESCRIBED, problems_of
from .conftest import Caller

SECRETS = f"secretmanager.googleapis.com/v1/projects/{PROJECT_ID}/secrets"
QUEUES = f"cloudtasks.googleapis.com/v2/projects/{PROJECT_ID}/locations/us-central1/queues"


@pytest.fixture
def log(google: Google, call: Caller) -> list[Any]:
    """Two requests with a body and one without, all of them known to Google."""
    google.enable_everything()
    call("POST", SECRETS, {"replication": {"automatic": {}}}, secretId="a-secret")
    call("GET", f"billingbudgets.googleapis.com/v1/billingAccounts/{BILLING_ACCOUNT}/budgets", pageSize="5")
    call("POST", QUEUES, {"name": f"projects/{PROJECT_ID}/locations/us-central1/queues/calls"})
    call("GET", f"{SECRETS}/nope")
    assert problems_of(google.plane.state.log) == []
    return [deepcopy(entry) for entry in google.plane.state.log]


def doctored(log: list[Any], index: int, **changes: Any) -> list[str]:
    for name, value in changes.items():
        setattr(log[index], name, value)
    return problems_of(log)


@pytest.mark.parametrize(
    ("index", "changes", "expected"),
    [
        (0, {"path": f"/v1/projects/{PROJECT_ID}/secretz"}, "Google has no such method"),
        (0, {"path": f"/v9/projects/{PROJECT_ID}/secrets"}, "Google has no such method"),
        (0, {"method": "PUT"}, "Google has no such method"),
        (0, {"host": "secretmanagers.googleapis.com"}, "Google has no such method"),
        (0, {"query": {"secretId": "a", "colour": "red"}}, "Google knows no parameter colour"),
        (1, {"query": {"pageSize": "some"}}, "pageSize=some is no integer"),
        (1, {"query": {"$.xgafv": "3"}}, "$.xgafv=3 is none of 1, 2"),
        (0, {"body": {"replication": {"manual": {}}}}, "'manual' was unexpected"),
        (2, {"body": {"name": "calls", "retryConfig": {"maxAttempts": "3"}}}, "body.retryConfig.maxAttempts"),
        (1, {"body": {"budget": {}}}, "the method takes none"),
        (0, {"answer": {"name": "a", "colour": "red"}}, "'colour' was unexpected"),
        (2, {"answer": {"name": "calls", "state": "FLYING"}}, "answer.state: 'FLYING' is not one of"),
        (0, {"answer": {"createTime": "yesterday"}}, "answer.createTime: 'yesterday' does not match"),
        (3, {"answer": {"message": "no"}}, "the error has not Google's shape"),
    ],
)
def test_a_doctored_line_is_found(log: list[Any], index: int, changes: dict[str, Any], expected: str) -> None:
    [problem] = doctored(log, index, **changes)
    assert problem.startswith(f"{log[index].method} {log[index].host}{log[index].path} -> ")
    assert expected in problem


def test_the_result_of_an_operation_is_held_to_what_it_says_it_is(google: Google, call: Caller) -> None:
    google.enable_everything()
    location = f"artifactregistry.googleapis.com/v1/projects/{PROJECT_ID}/locations/us-central1"
    operation = call("POST", f"{location}/repositories", {"format": "DOCKER"}, repositoryId="images")[1]
    for _ in range(2):
        call("GET", f"artifactregistry.googleapis.com/v1/{operation['name']}")
    log = [deepcopy(entry) for entry in google.plane.state.log]
    log[-1].answer["response"]["colour"] = "red"
    [problem] = problems_of(log)
    assert "answer.response: Additional properties are not allowed ('colour' was unexpected)" in problem


def test_a_missing_required_parameter_is_found(google: Google, call: Caller) -> None:
    google.enable_everything()
    call("POST", "storage.googleapis.com/storage/v1/b", {"name": "a-bucket-of-mine"}, project=PROJECT_ID)
    [entry] = [deepcopy(entry) for entry in google.plane.state.log]
    entry.query = {}
    assert "the parameter project is missing" in problems_of([entry])[0]


def test_every_exception_says_why() -> None:
    assert all(len(reason.split()) > 4 for _, reason in UNDESCRIBED)
