"""The way to the local Google leads nowhere else."""

from collections.abc import Iterator

import pytest
import requests
from aiohttp import web
from standins.google.control_plane.apis.registry import APIS
from standins.google.control_plane.framework.api import Api
from standins.google.control_plane.serving.plane import ControlPlane
from standins.google.control_plane.state.state import State
from standins.serving import ServerThread

from ......google import PROJECT_ID, Google
from ..conftest import Caller

SECRETS = f"secretmanager.googleapis.com/v1/projects/{PROJECT_ID}/secrets"
PROJECT = f"cloudresourcemanager.googleapis.com/v1/projects/{PROJECT_ID}"


def test_curl_reaches_google_by_its_own_name(google: Google) -> None:
    ended = google.run("curl", "--silent", "--show-error", "--fail", f"https://{PROJECT}")
    assert ended.returncode == 0, ended.stderr
    assert f'"projectId": "{PROJECT_ID}"' in ended.stdout
    [entry] = google.plane.state.log
    assert (entry.method, f"{entry.host}{entry.path}", entry.status) == ("GET", PROJECT, 200)


def test_a_regional_host_is_google_too(google: Google) -> None:
    google.enable_everything()
    address = f"us-central1-run.googleapis.com/apis/serving.knative.dev/v1/namespaces/{PROJECT_ID}/services/nope"
    ended = google.run("curl", "--silent", "--show-error", f"https://{address}")
    assert '"code": 404' in ended.stdout
    assert google.plane.state.log[0].host == "us-central1-run.googleapis.com"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "https://googleapis.com.example.com/",
        "https://cloudresourcemanager.googleapis.com:8443/",
        "http://cloudresourcemanager.googleapis.com/v1/projects",
        "http://169.254.169.254/computeMetadata/v1/",
    ],
)
def test_any_other_way_is_refused_and_remembered(strange_google: Google, url: str) -> None:
    asked = ["--silent", "--output", "/dev/null", "--write-out", "%{http_connect} %{http_code}"]
    ended = strange_google.run("curl", *asked, url)
    assert "403" in ended.stdout.split()
    assert strange_google.plane.state.foreign
    assert list(strange_google.plane.state.log) == []


def test_a_route_that_is_not_there_is_not_found_and_remembered(strange_google: Google) -> None:
    caller = Caller(strange_google)
    status, answer = caller("GET", "cloudresourcemanager.googleapis.com/v1/organisations/1")
    assert (status, answer["error"]["status"]) == (404, "NOT_FOUND")
    assert strange_google.plane.state.unknown == ["GET cloudresourcemanager.googleapis.com/v1/organisations/1"]
    assert caller("DELETE", PROJECT)[0] == 404
    assert len(strange_google.plane.state.unknown) == 2
    caller.close()


@pytest.fixture
def elsewhere(servers: ServerThread) -> str:
    """Another server on loopback."""

    async def answer(request: web.Request) -> web.Response:
        said = {"path": request.path_qs, "method": request.method, "body": await request.text()}
        return web.json_response(said, status=201, headers={"X-Own": "kept"})

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    return servers.serve(app)


def test_a_test_may_let_a_host_through_to_loopback(google: Google, call: Caller, elsewhere: str) -> None:
    google.plane.pass_through["api.openai.com"] = elsewhere
    status, answer = call("POST", "api.openai.com/v1/models", {"a": 1}, limit="2")
    assert status == 201
    assert answer == {"path": "/v1/models?limit=2", "method": "POST", "body": '{"a": 1}'}
    assert list(google.plane.state.log) == []


def test_a_certificate_is_for_the_host_that_was_asked(google: Google) -> None:
    """A client that trusts another authority does not speak."""
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"https://{PROJECT}", proxies={"https": google.environment["HTTPS_PROXY"]}, timeout=10)


@pytest.fixture
def thermostats() -> Iterator[Api]:
    """An API that Google has not."""
    api = Api("thermostats.googleapis.com", always_on=True)

    @api.get("/v1/projects/{project}/thermostats/{name}")
    def get_thermostat(found: object) -> dict[str, object]:
        return {"name": found.path["name"], "number": found.project.number}  # type: ignore[attr-defined]

    APIS.append(api)
    yield api
    APIS.remove(api)


def test_another_api_is_a_few_lines(thermostats: Api, strange_google: Google) -> None:
    caller = Caller(strange_google)
    address = f"{thermostats.service}/v1/projects/{PROJECT_ID}/thermostats/hall"
    assert caller("GET", address) == (200, {"name": "hall", "number": strange_google.project.number})
    caller.close()


def test_state_can_be_put_back(google: Google, call: Caller) -> None:
    google.enable_everything()
    before = google.plane.state.snapshot()
    for address, body, query in (
        (
            f"secretmanager.googleapis.com/v1/projects/{PROJECT_ID}/secrets",
            {"replication": {"automatic": {}}},
            "secretId",
        ),
        ("storage.googleapis.com/storage/v1/b", {"name": "a-bucket-of-mine"}, "project"),
        (f"iam.googleapis.com/v1/projects/{PROJECT_ID}/serviceAccounts", {"accountId": "builder"}, "alt"),
    ):
        value = {"secretId": "a-secret", "project": PROJECT_ID, "alt": "json"}[query]
        assert call("POST", address, body, **{query: value})[0] == 200
    changed = google.plane.state.snapshot()
    assert _secrets_buckets_accounts(call) == (1, 1, 1)
    google.plane.state.restore(before)
    assert list(google.plane.state.log) == []
    assert _secrets_buckets_accounts(call) == (0, 0, 0)
    google.plane.state.restore(changed)
    assert _secrets_buckets_accounts(call) == (1, 1, 1)


def _secrets_buckets_accounts(call: Caller) -> tuple[int, int, int]:
    secrets = call("GET", SECRETS)[1]
    buckets = call("GET", "storage.googleapis.com/storage/v1/b", project=PROJECT_ID)[1]
    accounts = call("GET", f"iam.googleapis.com/v1/projects/{PROJECT_ID}/serviceAccounts")[1]
    return len(secrets.get("secrets", [])), len(buckets.get("items", [])), len(accounts.get("accounts", []))


def test_a_plane_starts_empty() -> None:
    plane = ControlPlane(State())
    assert (plane.state.log.writes(), plane.state.unknown, plane.state.foreign, dict(plane.state.projects)) == (
        [],
        [],
        [],
        {},
    )
