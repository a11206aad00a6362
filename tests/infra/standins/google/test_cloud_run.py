"""The Cloud Run lookup; the Hosting emulator itself is its other test."""

import pytest
import requests
from standins.google import cloud_run as google_cloud_run
from standins.serving import ServerThread

from .discovery import validator

BEARER = {"Authorization": "Bearer made-up"}


@pytest.fixture
def services_url(servers: ServerThread) -> str:
    url = servers.serve(google_cloud_run.create_app({"log-payload": "http://127.0.0.1:1"}))
    return f"{url}/v1/projects/p/locations/us-central1/services"


def test_a_service_tells_where_it_runs(services_url: str) -> None:
    answer = requests.get(f"{services_url}/log-payload", headers=BEARER, timeout=5).json()
    assert answer["status"]["url"] == "http://127.0.0.1:1"
    assert list(validator("run.v1", "Service").iter_errors(answer)) == []


def test_a_service_that_does_not_run_is_not_found(services_url: str) -> None:
    answer = requests.get(f"{services_url}/gone", headers=BEARER, timeout=5)
    assert (answer.status_code, answer.json()["error"]["status"]) == (404, "NOT_FOUND")


def test_a_lookup_without_credentials_is_refused(services_url: str) -> None:
    answer = requests.get(f"{services_url}/log-payload", timeout=5)
    assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
