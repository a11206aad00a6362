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

from .conftest import FUNCTIONS_FOLDER, LoadFunction, session_cookie

OPENAPI = FUNCTIONS_FOLDER / "openapi.yaml"
DESCRIBED = yaml.safe_load(OPENAPI.read_text())
FIREBASE_JSON = Path(__file__).parents[2] / "web" / "firebase.json"


@schemathesis.serializer("application/x-ndjson")
def ndjson(_context: object, value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@pytest.fixture
def api(load_function: LoadFunction, storage_url: str) -> Any:
    """The API as openapi.yaml describes it, on the functions in process."""
    environment = {"VOICEMINT_ACCESS": "invite", "BUCKET": "payloads", "STORAGE_EMULATOR_HOST": storage_url}
    functions: dict[str, Flask] = {
        path: load_function(name, **environment).application
        for path, name in {
            "/api/access": "sign_in",
            "/api/client-secrets": "mint_client_secret",
            "/api/logs": "log_payload",
        }.items()
    }

    def dispatch(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return functions[environ["PATH_INFO"]](environ, start_response)

    schema = schemathesis.openapi.from_path(OPENAPI)
    schema.app = dispatch
    return schema


def test_it_is_valid_openapi() -> None:
    validate(DESCRIBED)


def test_it_describes_every_route_that_hosting_passes_on() -> None:
    rewrites = json.loads(FIREBASE_JSON.read_text())["hosting"]["rewrites"]
    assert set(DESCRIBED["paths"]) == {rewrite["source"] for rewrite in rewrites}


@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "signed out"])
@pytest.mark.parametrize(
    ("method", "path"),
    [(method.upper(), path) for path, methods in DESCRIBED["paths"].items() for method in methods],
)
def test_every_answer_is_one_that_it_describes(api: Any, method: str, path: str, signed_in: bool) -> None:
    protected = "security" in DESCRIBED["paths"][path][method.lower()]

    @given(case=api[path][method].as_strategy())
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    def call(case: schemathesis.Case) -> None:
        case.cookies["__session"] = session_cookie() if signed_in else ""
        # A string that OpenAPI allows need not be an agent's name or a line of JSON; that a cookie which the check
        # cannot know is a real one is accepted, is said below.
        excluded = [checks.positive_data_acceptance, checks.ignored_auth]
        answer = case.call_and_validate(excluded_checks=excluded)
        assert signed_in or not protected or answer.status_code >= 400

    call()
