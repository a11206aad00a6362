"""Requests that schemathesis makes up from openapi.yaml, each answer held to what is described there."""

from collections.abc import Iterable
from typing import Any

import schemathesis
import yaml
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import checks

from .conftest import FUNCTIONS_FOLDER, LoadFunction, session_cookie

OPENAPI = FUNCTIONS_FOLDER / "openapi.yaml"
DESCRIBED = yaml.safe_load(OPENAPI.read_text())
OPERATIONS = [(method.upper(), path) for path, methods in DESCRIBED["paths"].items() for method in methods]
FUNCTIONS = {
    "/api/access": "sign_in",
    "/api/calls": "create_call",
    "/api/calls/register": "create_call",
    "/api/calls/hangup": "create_call",
    "/api/client-secrets": "mint_client_secret",
    "/api/logs": "log_payload",
    "/api/phone": "answer_phone",
}


@schemathesis.serializer("application/x-ndjson")
def plain_text(_context: object, value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


schemathesis.serializer.alias("application/sdp", "application/x-ndjson")


def described_api(load_function: LoadFunction) -> Any:
    """The API as openapi.yaml describes it, on the functions in process."""
    environment = {"VOICEMINT_ACCESS": "invite", "BUCKET": "payloads", "PROJECT_ID": "test-project"}
    functions: dict[str, Flask] = {
        path: load_function(name, **environment).application for path, name in FUNCTIONS.items()
    }

    def dispatch(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return functions[environ["PATH_INFO"]](environ, start_response)

    schema = schemathesis.openapi.from_path(OPENAPI)
    schema.app = dispatch
    return schema


def hold_to_description(api: Any, method: str, path: str, *, signed_in: bool, cases: int) -> int:
    """Send up to `cases` requests to one operation; returns how many it was."""
    protected = "security" in DESCRIBED["paths"][path][method.lower()]
    sent = 0

    @given(case=api[path][method].as_strategy())
    @settings(max_examples=cases, deadline=None, suppress_health_check=list(HealthCheck))
    def call(case: schemathesis.Case) -> None:
        nonlocal sent
        sent += 1
        case.cookies["__session"] = session_cookie() if signed_in else ""
        # A string that OpenAPI allows need not be an agent's name or a line of JSON; that a cookie which the check
        # cannot know is a real one is accepted, is said below.
        excluded = [checks.positive_data_acceptance, checks.ignored_auth]
        answer = case.call_and_validate(excluded_checks=excluded)
        assert signed_in or not protected or answer.status_code >= 400

    call()
    return sent
