"""The bucket, through Google's own client: what is asked of Cloud Storage, and nothing beside it."""

import threading
from collections.abc import Callable
from uuid import uuid4

import pytest
import requests
from owner.project import Project
from voicemint.google.payload_bucket import Bucket
from voicemint.settings import Settings

VARIABLE = "DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA"


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch, storage_url: str) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", storage_url)
    monkeypatch.setenv(VARIABLE, "")  # kept, so that it is put back
    monkeypatch.delenv(VARIABLE)


def asked_by(act: Callable[[], object], storage_url: str, bucket: str) -> list[str]:
    """The operations on the bucket, those included that a client begins in threads of its own."""
    before = set(threading.enumerate())
    act()
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=10)
    log = requests.get(f"{storage_url}/_standin/requests", timeout=5).json()
    return [entry["operation"] for entry in log if bucket in entry["path"].split("/")]


@pytest.fixture
def bucket_name(storage_url: str) -> str:
    name = f"bucket-{uuid4().hex}"
    requests.post(f"{storage_url}/storage/v1/b?project=test-project", json={"name": name}, timeout=5).raise_for_status()
    return name


def test_a_function_asks_for_the_write_and_for_nothing_else(storage_url: str, bucket_name: str) -> None:
    bucket = Bucket(bucket_name, "test-project")
    asked = asked_by(lambda: bucket.create("a", b"x", "text/plain"), storage_url, bucket_name)
    assert asked == ["objects_insert"]


def test_an_owners_command_asks_for_the_list_and_for_nothing_else(storage_url: str, bucket_name: str) -> None:
    told = {"CONTROL_BUCKET": bucket_name, "BUCKET": bucket_name, "STORAGE_EMULATOR_HOST": storage_url}
    project = Project(Settings.from_environ(told), "http://localhost", local=True, limits_from="a test")
    asked = asked_by(lambda: list(project.payload_bucket.list_blobs()), storage_url, bucket_name)
    assert asked == ["objects_list"]
