"""The Google stand-ins, each served on loopback and reached by Google's own client libraries."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from standins import google_storage
from standins.serving import ServerThread

BUCKET = "payloads"


class Control:
    """The control routes of one stand-in."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def arm(self, fault: str, **details: Any) -> None:
        answer = requests.post(f"{self._base_url}/_standin/faults", json={"fault": fault, **details}, timeout=5)
        answer.raise_for_status()

    def requests(self, operation: str) -> list[dict[str, object]]:
        answer = requests.get(f"{self._base_url}/_standin/requests", timeout=5)
        return [entry for entry in answer.json() if entry["operation"] == operation]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "buckets"


@pytest.fixture
def storage_url(servers: ServerThread, folder: Path) -> str:
    return servers.serve(google_storage.create_app(folder, buckets=[BUCKET]))


@pytest.fixture
def storage_control(storage_url: str) -> Control:
    return Control(storage_url)


@pytest.fixture
def storage_client(storage_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[storage.Client]:
    """The real client, set up as the functions set it up: by STORAGE_EMULATOR_HOST."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", storage_url)
    anonymous = AnonymousCredentials()  # type: ignore[no-untyped-call]
    client = storage.Client(project="voicemint-test", credentials=anonymous)
    yield client
    client.close()


@pytest.fixture
def bucket(storage_client: storage.Client) -> storage.Bucket:
    return storage_client.bucket(BUCKET)
