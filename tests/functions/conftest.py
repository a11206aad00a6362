"""Functions in process, through functions-framework's own loader, as a deployment loads them."""

import io
import json
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import functions_framework
import pytest
import requests
from flask.testing import FlaskClient
from standins import openai as openai_realtime
from standins.function_process import FunctionProcess, function_process
from standins.google import cloud_tasks as google_cloud_tasks
from standins.google import metadata as google_metadata
from standins.google import storage as google_storage
from standins.google.cloud_tasks.queue import QueueConfig
from standins.local.cloud import metadata_environment
from standins.serving import ServerThread
from voicemint.agents.call_mode import CallMode
from voicemint.calls.call import KnownCall
from voicemint.control.stop_switch import CONTROL_OBJECT, ControlState
from voicemint.google.control_bucket import ControlBucket
from voicemint.limits.monthly_minutes import count_minute
from voicemint.secrets.signing import SigningKeys

FUNCTIONS_FOLDER = Path(__file__).parents[2] / "functions"
API_KEY = "sk-test-0123456789abcdefghijklmnop"

SIGNING_KEY = "5" * 64
ADMISSION = "voicemint.limits.admission"
PATIENT_SECONDS = (
    30  # for the bucket; how long a deployed function waits is tests/security/test_hanging_storage.py's matter
)

LoadFunction = Callable[..., FlaskClient]
StartFunction = Callable[..., AbstractContextManager[FunctionProcess]]


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def openai_url(servers: ServerThread) -> str:
    """An OpenAI stand-in of the function tests' own."""
    return servers.serve(openai_realtime.create_app())


@pytest.fixture
def api_key_file(tmp_path: Path) -> Path:
    file = tmp_path / "latest"
    file.write_text(API_KEY)
    return file


@pytest.fixture
def signing_key_file(tmp_path: Path) -> Path:
    file = tmp_path / "signing-key"
    file.write_text(f"k1 {SIGNING_KEY}")
    return file


@pytest.fixture
def log_output() -> io.StringIO:
    """What the loaded functions log."""
    return io.StringIO()


@pytest.fixture(scope="session")
def tasks_url(servers: ServerThread) -> str:
    """Cloud Tasks with a queue whose tasks wait for a worker that is never there."""
    return servers.serve(
        google_cloud_tasks.create_app({"calls": QueueConfig(min_backoff=3600)}, project="test-project")
    )


@pytest.fixture
def load_function(
    monkeypatch: pytest.MonkeyPatch,
    log_output: io.StringIO,
    openai_url: str,
    tasks_url: str,
    api_key_file: Path,
    signing_key_file: Path,
    control_environment: dict[str, str],
) -> Iterator[LoadFunction]:
    """Load an entry point with `environment` on top of a working one; returns a client of it."""

    def load(name: str, **environment: str) -> FlaskClient:
        working = {
            "VOICEMINT_ACCESS": "open",
            "HOST": "127.0.0.1",
            "OPENAI_BASE_URL": f"{openai_url}/v1",
            "OPENAI_API_KEY_FILE": str(api_key_file),
            "SIGNING_KEY_FILE": str(signing_key_file),
            "CLOUD_TASKS_URL": tasks_url,
            "WATCH_CALL_URL": "http://127.0.0.1:9",
            **control_environment,
        }
        for variable, value in {**working, **environment}.items():
            monkeypatch.setenv(variable, value)
        forget_functions()
        app = functions_framework.create_app(name, str(FUNCTIONS_FOLDER / "main.py"))
        if ADMISSION in sys.modules:  # Google and OpenAI are in this process too, and wait for each other
            monkeypatch.setattr(f"{ADMISSION}.LEASE_SECONDS", PATIENT_SECONDS)
        (handler,) = logging.getLogger().handlers
        handler.setStream(log_output)  # type: ignore[attr-defined]
        return app.test_client()

    before, handlers, modules = dict(os.environ), logging.getLogger().handlers[:], forget_functions()
    sys.modules.update(modules)
    yield load
    logging.getLogger().handlers[:] = handlers
    forget_functions()
    sys.modules.update(modules)  # what other tests have imported stays the same classes
    os.environ.clear()  # functions-framework leaves FUNCTION_TARGET and others behind
    os.environ.update(before)


def forget_functions() -> dict[str, ModuleType]:
    """Make the next load read the environment anew: modules read it once, when they are imported. Returns them."""
    own = {file.stem for file in FUNCTIONS_FOLDER.glob("*.py")} | {"voicemint"}
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in own}


@pytest.fixture(scope="session")
def metadata_url(servers: ServerThread) -> str:
    return servers.serve(google_metadata.create_app(project="test-project"))


@pytest.fixture
def control_bucket(storage_url: str, metadata_url: str) -> ControlBucket:
    """A control bucket of the test's own: nothing stopped, nobody signed out, nothing minted today."""
    name = f"control-{uuid4().hex}"
    requests.post(f"{storage_url}/storage/v1/b?project=test-project", json={"name": name}, timeout=5).raise_for_status()
    bucket = ControlBucket(name, storage_url=storage_url, metadata_host=metadata_url.removeprefix("http://"))
    bucket.create(CONTROL_OBJECT, ControlState().encode())
    return bucket


@pytest.fixture
def control_environment(control_bucket: ControlBucket, storage_url: str, metadata_url: str) -> dict[str, str]:
    """What tells a function about the control bucket, with limits that no ordinary test meets."""
    return {
        "CONTROL_BUCKET": control_bucket.name,
        "STORAGE_EMULATOR_HOST": storage_url,
        **metadata_environment(metadata_url),
        "PERSON_PER_MINUTE": "10000",
        "INSTANCE_PER_MINUTE": "10000",
        "DAILY_LIMIT": "10000",
        "DAILY_BLOCK": "100",
        "PERSON_DAILY_LIMIT": "10000",
        "MAX_CALLS_AT_ONCE": "100",
        "LOGS_PER_MINUTE": "10000",
    }


@pytest.fixture
def mint_client(load_function: LoadFunction) -> FlaskClient:
    return load_function("mint_client_secret")


@pytest.fixture
def log_client(load_function: LoadFunction, storage_url: str) -> FlaskClient:
    return load_function("log_payload", BUCKET="payloads", STORAGE_EMULATOR_HOST=storage_url)


@pytest.fixture(scope="session")
def bucket_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("storage")


@pytest.fixture(scope="session")
def storage_url(servers: ServerThread, bucket_folder: Path) -> str:
    return servers.serve(google_storage.create_app(bucket_folder, buckets=["payloads"]))


@pytest.fixture
def start_function(
    servers: ServerThread,
    tmp_path_factory: pytest.TempPathFactory,
    openai_url: str,
    api_key_file: Path,
    signing_key_file: Path,
    control_environment: dict[str, str],
) -> StartFunction:
    """Start a deployed function, a process of its own, with `environment` on top of a working one."""
    working = {
        "VOICEMINT_ACCESS": "open",
        "OPENAI_BASE_URL": f"{openai_url}/v1",
        "OPENAI_API_KEY_FILE": str(api_key_file),
        "SIGNING_KEY_FILE": str(signing_key_file),
        **control_environment,
    }

    @contextmanager
    def start(name: str, **environment: str) -> Iterator[FunctionProcess]:
        context = function_process(name, {**working, **environment}, tmp_path_factory.mktemp(name))
        function = servers.run(context.__aenter__())
        try:
            servers.run(function.listening())
            yield function
        finally:
            servers.run(context.__aexit__(None, None, None))

    return start


def write_control(bucket: ControlBucket, storage_url: str, state: ControlState) -> None:
    """Put `state` in force, as scripts/stop.sh and scripts/invite.sh do."""
    upload = f"{storage_url}/upload/storage/v1/b/{bucket.name}/o?uploadType=media&name={CONTROL_OBJECT}"
    requests.post(upload, data=state.encode(), timeout=5).raise_for_status()


def use_minutes(bucket: ControlBucket, minutes: int, person_id: str = "person1") -> None:
    """Have a person call for so many minutes of this month, as a watch counts them."""
    now = int(time.time())
    call = KnownCall(
        call_id=f"rtc_{uuid4().hex}",
        person_id=person_id,
        agent="assistant",
        setup=CallMode.PHONE,
        started_at=now,
        deadline=now,
    )
    for minute in range(minutes):
        count_minute(bucket, replace(call, call_id=f"{call.call_id}_{minute}"), 0)  # each began now, and in this month


def session_cookie(keys: str = f"k1 {SIGNING_KEY}", **changes: object) -> str:
    """A `__session` cookie as sign_in gives it, `changes` on top of a valid one."""
    session = {"id": "person1", "name": "Ana's iPad", "exp": int(time.time()) + 3600, "epoch": 0}
    return SigningKeys(keys).sign("session", {**session, **changes})


def seen_by_alert(name: str, logged: str) -> list[dict[str, Any]]:
    """The lines of a function's log that the alert in infra/monitoring asks for."""
    text = (FUNCTIONS_FOLDER.parent / "infra" / "monitoring" / "alerts" / f"{name}.json").read_text()
    asked = re.findall(
        r'jsonPayload\.(\w+) = "(\w+)"', json.loads(text)["conditions"][0]["conditionMatchedLog"]["filter"]
    )
    return [line for line in json_lines(logged) if any(line.get(field) == value for field, value in asked)]


def json_lines(text: str) -> list[dict[str, Any]]:
    """The JSON lines in what a process printed."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
