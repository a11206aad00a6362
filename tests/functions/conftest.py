"""Functions in process, through functions-framework's own loader, as a deployment loads them."""

import io
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import functions_framework
import pytest
from flask.testing import FlaskClient
from standins import google_storage, openai_realtime
from standins.serving import ServerThread

FUNCTIONS_FOLDER = Path(__file__).parents[2] / "functions"
API_KEY = "sk-test-0123456789abcdefghijklmnop"

LoadFunction = Callable[..., FlaskClient]


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
def log_output() -> io.StringIO:
    """What the loaded functions log."""
    return io.StringIO()


@pytest.fixture
def load_function(
    monkeypatch: pytest.MonkeyPatch, log_output: io.StringIO, openai_url: str, api_key_file: Path
) -> Iterator[LoadFunction]:
    """Load an entry point with `environment` on top of a working one; returns a client of it."""

    def load(name: str, **environment: str) -> FlaskClient:
        working = {
            "VOICEMINT_ACCESS": "open",
            "HOST": "127.0.0.1",
            "OPENAI_BASE_URL": f"{openai_url}/v1",
            "OPENAI_API_KEY_FILE": str(api_key_file),
        }
        for variable, value in {**working, **environment}.items():
            monkeypatch.setenv(variable, value)
        forget_functions()
        app = functions_framework.create_app(name, str(FUNCTIONS_FOLDER / "main.py"))
        (handler,) = logging.getLogger().handlers
        handler.setStream(log_output)  # type: ignore[attr-defined]
        return app.test_client()

    before, handlers = dict(os.environ), logging.getLogger().handlers[:]
    yield load
    logging.getLogger().handlers[:] = handlers
    forget_functions()
    os.environ.clear()  # functions-framework leaves FUNCTION_TARGET and others behind
    os.environ.update(before)


def forget_functions() -> None:
    """Make the next load read the environment anew: modules read it once, when they are imported."""
    own = {file.stem for file in FUNCTIONS_FOLDER.glob("*.py")}
    for module in [name for name in sys.modules if name.partition(".")[0] in own | {"voicemint"}]:
        del sys.modules[module]


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


def json_lines(text: str) -> list[dict[str, Any]]:
    """The JSON lines in what a process printed."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
