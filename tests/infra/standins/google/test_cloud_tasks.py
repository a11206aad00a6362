"""Cloud Tasks' stand-in, used through the real google-cloud-tasks over REST, against a worker that notes what comes."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from aiohttp import web
from google.api_core import exceptions
from google.auth.transport.requests import Request
from google.cloud import tasks_v2
from google.oauth2 import id_token
from google.oauth2.credentials import Credentials
from google.protobuf import duration_pb2, timestamp_pb2
from standins.google import cloud_tasks as google_cloud_tasks
from standins.google.cloud_tasks.queue import QueueConfig
from standins.google.identity import CERTS_PATH
from standins.serving import ServerThread

from .conftest import PROJECT, Control
from .discovery import hold_to_schemas

LOCATION = "europe-west1"
QUEUE = f"projects/{PROJECT}/locations/{LOCATION}/queues/calls"
ACCOUNT = f"call-tasks@{PROJECT}.iam.gserviceaccount.com"
QUICK = QueueConfig(min_backoff=0.02, max_backoff=0.1, max_attempts=4)
WAIT_SECONDS = 10
Client = tasks_v2.CloudTasksClient


@dataclass
class Worker:
    """Where tasks go; answers with `statuses` in turn, then with 200; keeps every request."""

    statuses: list[int] = field(default_factory=list)
    seconds: float = 0
    at_work: int = 0
    most_at_work: int = 0
    received: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def create_app(self) -> web.Application:
        async def work(request: web.Request) -> web.Response:
            body = await request.read()
            self.received.append({"headers": request.headers, "body": body, "method": request.method})
            self.at_work += 1
            self.most_at_work = max(self.most_at_work, self.at_work)
            await asyncio.sleep(self.seconds)
            self.at_work -= 1
            return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

        app = web.Application()
        app.router.add_route("*", "/work", work)
        return app

    def wait_for(self, requests_: int) -> list[dict[str, Any]]:
        wait_until(lambda: len(self.received) >= requests_)
        return self.received


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def url(servers: ServerThread) -> Iterator[str]:
    app = google_cloud_tasks.create_app(
        {"calls": QUICK, "narrow": QueueConfig(max_concurrent_dispatches=1)}, project=PROJECT, location=LOCATION
    )
    problems = hold_to_schemas(app, "cloudtasks.v2")
    yield servers.serve(app)
    assert problems == []


@pytest.fixture
def control(url: str) -> Control:
    return Control(url)


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    """The real client over REST."""
    with Client(
        credentials=Credentials(token="x"),  # type: ignore[no-untyped-call]
        transport="rest",
        client_options={"api_endpoint": url},
    ) as client:
        yield client


@pytest.fixture
def worker(servers: ServerThread) -> Worker:
    worker = Worker()
    worker.url = f"{servers.serve(worker.create_app())}/work"
    return worker


def task(worker: Worker, name: str = "", after: float = 0, **http: Any) -> tasks_v2.Task:
    made = tasks_v2.Task(
        name=f"{QUEUE}/tasks/{name}" if name else "",
        http_request=tasks_v2.HttpRequest(**{"url": worker.url, "body": b'{"do":"it"}', **http}),
    )
    if after:
        at = timestamp_pb2.Timestamp()
        at.FromDatetime(datetime.now(UTC) + timedelta(seconds=after))
        made.schedule_time = at
    return made


def names(client: Client, queue: str = QUEUE) -> list[str]:
    return [listed.name.rpartition("/")[2] for listed in client.list_tasks(parent=queue)]


def test_a_task_is_sent_with_what_it_says(client: Client, worker: Worker) -> None:
    created = client.create_task(parent=QUEUE, task=task(worker, "first", headers={"Content-Type": "application/json"}))
    assert created.name == f"{QUEUE}/tasks/first"
    assert created.http_request.body == b""  # a basic view keeps it back
    (request,) = worker.wait_for(1)
    headers = request["headers"]
    assert (request["method"], request["body"]) == ("POST", b'{"do":"it"}')
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"] == "Google-Cloud-Tasks"
    assert headers["X-CloudTasks-QueueName"] == "calls"
    assert headers["X-CloudTasks-TaskName"] == "first"
    assert headers["X-CloudTasks-TaskRetryCount"] == "0"
    assert "Authorization" not in headers
    wait_until(lambda: names(client) == [])


def test_headers_that_are_googles_own_cannot_be_said(client: Client, worker: Worker) -> None:
    said = {"X-CloudTasks-TaskName": "forged", "User-Agent": "me", "Authorization": "Bearer forged", "X-Own": "kept"}
    client.create_task(parent=QUEUE, task=task(worker, "honest", headers=said))
    (request,) = worker.wait_for(1)
    assert request["headers"]["X-CloudTasks-TaskName"] == "honest"
    assert request["headers"]["User-Agent"] == "Google-Cloud-Tasks"
    assert request["headers"]["X-Own"] == "kept"
    assert "Authorization" not in request["headers"]
    assert request["headers"]["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("audience", ["", "https://watch.example/"])
def test_a_token_comes_along_that_googles_own_verifier_accepts(
    client: Client, worker: Worker, url: str, audience: str
) -> None:
    token = tasks_v2.OidcToken(service_account_email=ACCOUNT, audience=audience)
    client.create_task(parent=QUEUE, task=task(worker, oidc_token=token))
    (request,) = worker.wait_for(1)
    bearer = request["headers"]["Authorization"].removeprefix("Bearer ")
    claims = id_token.verify_token(  # type: ignore[no-untyped-call]
        bearer, Request(), audience=audience or worker.url, certs_url=f"{url}{CERTS_PATH}"
    )
    assert (claims["iss"], claims["email"], claims["email_verified"]) == ("https://accounts.google.com", ACCOUNT, True)


def test_a_task_for_another_machine_is_not_sent(client: Client, worker: Worker, asked_hosts: list[str]) -> None:
    there = client.create_task(parent=QUEUE, task=task(worker, url="http://x.example/"))
    wait_until(lambda: client.get_task(name=there.name).dispatch_count > 0)
    assert asked_hosts == []
    client.delete_task(name=there.name)


def test_a_task_waits_for_its_time(client: Client, worker: Worker) -> None:
    client.create_task(parent=QUEUE, task=task(worker, "much-later", after=60))
    later = task(worker, "later", after=0.5)
    client.create_task(parent=QUEUE, task=later)
    (request,) = worker.wait_for(1)
    due = later.schedule_time.timestamp()
    assert time.time() >= due
    assert float(request["headers"]["X-CloudTasks-TaskETA"]) == pytest.approx(due, abs=0.01)
    wait_until(lambda: names(client) == ["much-later"])
    client.delete_task(name=f"{QUEUE}/tasks/much-later")


def test_a_task_that_fails_is_sent_again_and_says_why(client: Client, worker: Worker) -> None:
    worker.statuses = [503, 500]
    client.create_task(parent=QUEUE, task=task(worker, "again"))
    sent = [request["headers"] for request in worker.wait_for(3)]
    assert [headers["X-CloudTasks-TaskRetryCount"] for headers in sent] == ["0", "1", "2"]
    assert [headers.get("X-CloudTasks-TaskPreviousResponse") for headers in sent] == [None, "503", "500"]
    wait_until(lambda: names(client) == [])


def test_a_task_is_given_up_after_as_many_attempts_as_the_queue_says(client: Client, worker: Worker) -> None:
    worker.statuses = [500] * 10
    client.create_task(parent=QUEUE, task=task(worker, "hopeless"))
    wait_until(lambda: names(client) == [])
    assert len(worker.received) == QUICK.max_attempts


def test_a_worker_that_is_not_there_is_tried_again(client: Client, worker: Worker) -> None:
    client.create_task(parent=QUEUE, task=task(worker, "nobody", url="http://127.0.0.1:9/work"))
    wait_until(lambda: names(client) == [])


def test_a_name_is_used_once_even_when_its_task_is_done(client: Client, worker: Worker) -> None:
    client.create_task(parent=QUEUE, task=task(worker, "once"))
    worker.wait_for(1)
    with pytest.raises(exceptions.Conflict):
        client.create_task(parent=QUEUE, task=task(worker, "once"))
    client.create_task(parent=QUEUE, task=task(worker, "waiting", after=60))
    with pytest.raises(exceptions.Conflict):
        client.create_task(parent=QUEUE, task=task(worker, "waiting"))
    client.delete_task(name=f"{QUEUE}/tasks/waiting")
    with pytest.raises(exceptions.Conflict):
        client.create_task(parent=QUEUE, task=task(worker, "waiting"))
    assert len(worker.received) == 1


def test_a_task_can_be_looked_at_deleted_and_run_early(client: Client, worker: Worker) -> None:
    for name in ("looked-at", "deleted"):
        client.create_task(parent=QUEUE, task=task(worker, name, after=60))
    full = client.get_task(request={"name": f"{QUEUE}/tasks/looked-at", "response_view": tasks_v2.Task.View.FULL})
    assert full.http_request.body == b'{"do":"it"}'
    client.delete_task(name=f"{QUEUE}/tasks/deleted")
    with pytest.raises(exceptions.NotFound):
        client.get_task(name=f"{QUEUE}/tasks/deleted")
    client.run_task(name=f"{QUEUE}/tasks/looked-at")
    worker.wait_for(1)


def test_as_many_are_sent_at_once_as_the_queue_says(client: Client, worker: Worker) -> None:
    worker.seconds = 0.3
    narrow = QUEUE.replace("calls", "narrow")
    for _ in range(2):
        client.create_task(parent=narrow, task=task(worker))
    worker.wait_for(2)
    assert worker.most_at_work == 1


@pytest.mark.parametrize(
    ("changes", "parent", "refused"),
    [
        ({"dispatch_deadline": duration_pb2.Duration(seconds=14)}, QUEUE, exceptions.BadRequest),
        ({"dispatch_deadline": duration_pb2.Duration(seconds=1801)}, QUEUE, exceptions.BadRequest),
        (
            {"schedule_time": timestamp_pb2.Timestamp(seconds=int(time.time()) + 31 * 86400)},
            QUEUE,
            exceptions.BadRequest,
        ),
        ({"name": f"{QUEUE}/tasks/a.b"}, QUEUE, exceptions.BadRequest),
        ({"name": f"{QUEUE}x/tasks/a"}, QUEUE, exceptions.BadRequest),
        ({}, f"{QUEUE}-2", exceptions.NotFound),
        ({}, QUEUE.replace(PROJECT, "another-project"), exceptions.Forbidden),
        ({}, QUEUE.replace(LOCATION, "us-east1"), exceptions.NotFound),
    ],
    ids=["short deadline", "long deadline", "far away", "name", "other queue", "no queue", "project", "location"],
)
def test_what_google_refuses_is_refused(
    client: Client, worker: Worker, changes: dict[str, Any], parent: str, refused: type[Exception]
) -> None:
    made = task(worker)
    for name, value in changes.items():
        setattr(made, name, value)
    with pytest.raises(refused):
        client.create_task(parent=parent, task=made)
    assert worker.received == []


@pytest.mark.parametrize(
    "http",
    [
        {"url": "ftp://example.com/"},
        {"url": "http://x/" + "a" * 2100},
        {"http_method": tasks_v2.HttpMethod.GET},
        {"oidc_token": tasks_v2.OidcToken(service_account_email="a@another.iam.gserviceaccount.com")},
        {"oidc_token": tasks_v2.OidcToken()},
        {"body": b"x" * (2 * 1024 * 1024)},
    ],
    ids=["scheme", "length", "body with GET", "another project's account", "no account", "size"],
)
def test_a_request_that_google_would_not_send_is_refused(client: Client, worker: Worker, http: dict[str, Any]) -> None:
    with pytest.raises(exceptions.BadRequest):
        client.create_task(parent=QUEUE, task=task(worker, **http))


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"task":{"httpRequest":{"url":"http://x/"},"surprise":1}}',
        "[" * 100_000,
        pytest.param(b'{"task":"\xff"}', id="not UTF-8"),
    ],
)
def test_what_is_no_request_is_refused(url: str, text: str | bytes) -> None:
    headers = {"Authorization": "Bearer x", "Content-Type": "application/json"}
    answer = requests.post(f"{url}/v2/{QUEUE}/tasks", data=text, headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_nobody_is_served_without_a_token(url: str) -> None:
    assert requests.post(f"{url}/v2/{QUEUE}/tasks", json={}, timeout=5).status_code == 401


def test_faults_strike(client: Client, worker: Worker, control: Control) -> None:
    control.arm("status", operation="tasks_create", status=503, times=1)
    with pytest.raises(exceptions.ServiceUnavailable):
        client.create_task(parent=QUEUE, task=task(worker), retry=None)
    assert json.dumps(control.requests("tasks_create")[0]["status"]) == "503"


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 10), (2, 20), (3, 40), (4, 80), (5, 160), (6, 240), (7, 300), (8, 300)]
)
def test_the_pause_grows_as_googles_example_says(failures: int, seconds: float) -> None:
    """min 10 s, max 300 s, 3 doublings: from the description of RetryConfig.max_doublings."""
    assert QueueConfig(min_backoff=10, max_backoff=300, max_doublings=3).backoff(failures) == seconds


@pytest.mark.parametrize(
    ("attempts", "seconds", "given_up"), [(3, 99, False), (4, 9, False), (4, 10, True), (99, 0, False)]
)
def test_a_task_is_given_up_when_both_limits_are_reached(attempts: int, seconds: float, given_up: bool) -> None:
    assert QueueConfig(max_attempts=4, max_retry_duration=10).is_given_up(attempts, seconds) is given_up
