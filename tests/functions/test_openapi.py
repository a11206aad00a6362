"""openapi.yaml says what the functions do: schemathesis holds the one against the other."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from flask import Flask
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import validate
from schemathesis import checks

from .conftest import FUNCTIONS_FOLDER, LoadFunction

OPENAPI = FUNCTIONS_FOLDER / "openapi.yaml"
FIREBASE_JSON = Path(__file__).parents[2] / "web" / "firebase.json"


@schemathesis.serializer("application/x-ndjson")
def ndjson(_context: object, value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@pytest.fixture
def api(load_function: LoadFunction, storage_url: str) -> Any:
    """The API as openapi.yaml describes it, on the functions in process."""
    functions: dict[str, Flask] = {
        "/api/client-secrets": load_function("mint_client_secret").application,
        "/api/logs": load_function("log_payload", BUCKET="payloads", STORAGE_EMULATOR_HOST=storage_url).application,
    }

    def dispatch(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return functions[environ["PATH_INFO"]](environ, start_response)

    schema = schemathesis.openapi.from_path(OPENAPI)
    schema.app = dispatch
    return schema


def test_it_is_valid_openapi() -> None:
    validate(yaml.safe_load(OPENAPI.read_text()))


def test_it_describes_every_route_that_hosting_passes_on() -> None:
    rewrites = json.loads(FIREBASE_JSON.read_text())["hosting"]["rewrites"]
    assert set(yaml.safe_load(OPENAPI.read_text())["paths"]) == {rewrite["source"] for rewrite in rewrites}


@pytest.mark.parametrize("path", ["/api/client-secrets", "/api/logs"])
def test_every_answer_is_one_that_it_describes(api: Any, path: str) -> None:
    @given(case=api[path]["POST"].as_strategy())
    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    def call(case: schemathesis.Case) -> None:
        # A string that OpenAPI allows need not be an agent's name or a line of JSON.
        case.call_and_validate(excluded_checks=[checks.positive_data_acceptance])

    call()
