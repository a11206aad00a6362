"""The Google stand-ins, each served on loopback and reached by Google's own client libraries."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import secretmanager, storage  # type: ignore[attr-defined]  # a namespace package
from google.cloud.storage.retry import DEFAULT_RETRY
from standins.google import metadata as google_metadata
from standins.google import secret_manager as google_secret_manager
from standins.google import storage as google_storage
from standins.serving import ServerThread

from .discovery import hold_to_schemas

BUCKET = "payloads"
PROJECT = "voicemint-test"
QUICK_RETRY = DEFAULT_RETRY.with_delay(initial=0.01, maximum=0.05).with_timeout(10)
API_KEY = b"sk-kept-in-the-stand-in"


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


class Api:
    """The bucket's addresses."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.objects = f"{base_url}/storage/v1/b/{BUCKET}/o"
        self.uploads = f"{base_url}/upload/storage/v1/b/{BUCKET}/o"

    def object(self, name: str) -> str:
        return f"{self.objects}/{quote(name, safe='')}"

    def put(self, name: str, content: bytes = b"x", **headers: str) -> requests.Response:
        parameters = {"uploadType": "media", "name": name}
        return requests.post(self.uploads, params=parameters, data=content, headers=headers, timeout=5)

    def start(self, name: str, **resource: str) -> str:
        parameters = {"uploadType": "resumable", "name": name}
        answer = requests.post(self.uploads, params=parameters, json=resource, timeout=5)
        assert answer.status_code == 200
        return answer.headers["Location"]


def error_of(answer: requests.Response) -> tuple[int, str]:
    """Status and reason, once the body has Google's shape."""
    error = answer.json()["error"]
    assert error["code"] == answer.status_code
    assert error["errors"][0] == error["errors"][0] | {"domain": "global", "message": error["message"]}
    return answer.status_code, error["errors"][0]["reason"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "buckets"


@pytest.fixture
def storage_url(servers: ServerThread, folder: Path) -> Iterator[str]:
    app = google_storage.create_app(folder, buckets=[BUCKET])
    problems = hold_to_schemas(app, "storage.v1")
    yield servers.serve(app)
    assert problems == []


@pytest.fixture
def api(storage_url: str) -> Api:
    return Api(storage_url)


@pytest.fixture
def storage_control(storage_url: str) -> Control:
    return Control(storage_url)


@pytest.fixture
def storage_client(storage_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[storage.Client]:
    """The real client, set up as the functions set it up: by STORAGE_EMULATOR_HOST."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", storage_url)
    anonymous = AnonymousCredentials()  # type: ignore[no-untyped-call]
    client = storage.Client(project=PROJECT, credentials=anonymous)
    yield client
    client.close()


@pytest.fixture
def bucket(storage_client: storage.Client) -> storage.Bucket:
    return storage_client.bucket(BUCKET)


@pytest.fixture
def secret_manager_url(servers: ServerThread) -> Iterator[str]:
    app = google_secret_manager.create_app({"openai-api-key": API_KEY}, project=PROJECT)
    problems = hold_to_schemas(app, "secretmanager.v1")
    yield servers.serve(app)
    assert problems == []


@pytest.fixture
def secret_manager_control(secret_manager_url: str) -> Control:
    return Control(secret_manager_url)


@pytest.fixture
def secrets_client(secret_manager_url: str) -> Iterator[secretmanager.SecretManagerServiceClient]:
    """The real client over REST."""
    anonymous = AnonymousCredentials()  # type: ignore[no-untyped-call]
    with secretmanager.SecretManagerServiceClient(
        credentials=anonymous, transport="rest", client_options={"api_endpoint": secret_manager_url}
    ) as client:
        yield client


@pytest.fixture
def metadata_url(servers: ServerThread) -> str:
    return servers.serve(google_metadata.create_app(project=PROJECT))
