"""Google's own Python clients work on the local Google, told by the environment alone."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.api_core.exceptions import BadRequest, Conflict, Forbidden, NotFound, PreconditionFailed
from google.auth.credentials import Credentials
from google.cloud import secretmanager, storage, tasks_v2  # type: ignore[attr-defined]  # a namespace package
from google.oauth2.credentials import Credentials as TokenCredentials

from .....google import PROJECT_ID, Google


@pytest.fixture
def credentials(google: Google, monkeypatch: pytest.MonkeyPatch) -> Credentials:
    """What gcloud hands out, in the environment that every program gets."""
    google.enable_everything()
    for name, value in google.environment.items():
        monkeypatch.setenv(name, value)
    token = Path(google.environment["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"]).read_text()
    return TokenCredentials(token)  # type: ignore[no-untyped-call]


@pytest.fixture
def bucket(credentials: Credentials) -> Iterator[storage.Bucket]:
    client = storage.Client(project=PROJECT_ID, credentials=credentials)
    yield client.create_bucket("a-bucket-of-mine", location="us-central1")
    client.close()


def test_cloud_storage(bucket: storage.Bucket) -> None:
    blob = bucket.blob("control.json")
    blob.upload_from_string("{}", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        blob.upload_from_string("{}", if_generation_match=0)
    assert bucket.blob("control.json").download_as_bytes() == b"{}"
    bucket.lifecycle_rules = [{"action": {"type": "Delete"}, "condition": {"age": 30}}]
    bucket.patch()
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings.append({"role": "roles/storage.objectViewer", "members": {"user:a@example.com"}})
    bucket.set_iam_policy(policy)
    asked = ["storage.buckets.get"]
    assert bucket.test_iam_permissions(asked) == asked


def test_secret_manager(google: Google, credentials: Credentials) -> None:
    with secretmanager.SecretManagerServiceClient(transport="rest", credentials=credentials) as client:
        parent = f"projects/{PROJECT_ID}"
        secret = client.create_secret(parent=parent, secret_id="a-secret", secret={"replication": {"automatic": {}}})
        client.add_secret_version(parent=secret.name, payload={"data": b"one"})
        version = f"{secret.name}/versions/latest"
        assert client.access_secret_version(name=version).payload.data == b"one"
        with pytest.raises(NotFound):
            client.get_secret(name=f"{parent}/secrets/nope")
        google.plane.state.rules.denied_permissions.add("secretmanager.versions.access")
        with pytest.raises(Forbidden):
            client.access_secret_version(name=version)
    sent = google.plane.state.log.writes()[1].body["payload"]["data"]
    assert base64.b64decode(sent) == b"one"


def test_cloud_tasks_takes_a_task_once_for_a_queue_that_is_there(google: Google, credentials: Credentials) -> None:
    place = f"projects/{PROJECT_ID}/locations/us-central1"
    queue = f"{place}/queues/calls"
    task = {"name": f"{queue}/tasks/rtc_1-end-0", "http_request": {"url": "https://a.example/"}}
    with tasks_v2.CloudTasksClient(transport="rest", credentials=credentials) as client:
        with pytest.raises(NotFound):
            client.create_task(parent=queue, task=task)
        client.create_queue(parent=place, queue={"name": queue})
        changes = len(google.plane.state.log.writes())
        assert client.create_task(parent=queue, task=task).name == task["name"]
        with pytest.raises(Conflict):
            client.create_task(parent=queue, task=task)
        with pytest.raises(BadRequest):
            client.create_task(parent=queue, task={**task, "name": f"{place}/queues/others/tasks/rtc_1-end-0"})
    assert len(google.plane.state.log.writes()) == changes
