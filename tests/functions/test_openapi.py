"""openapi.yaml says what the functions do: schemathesis holds the one against the other."""

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from .conftest import LoadFunction
from .openapi_cases import DESCRIBED, OPERATIONS, described_api, hold_to_description

FIREBASE_JSON = Path(__file__).parents[2] / "web" / "firebase.json"
CASES = 60  # an operation; tests/security sends thousands


@pytest.fixture
def api(load_function: LoadFunction) -> Any:
    return described_api(load_function)


def test_it_is_valid_openapi() -> None:
    validate(DESCRIBED)


def test_it_describes_every_route_that_hosting_passes_on() -> None:
    rewrites = json.loads(FIREBASE_JSON.read_text())["hosting"]["rewrites"]
    assert set(DESCRIBED["paths"]) == {rewrite["source"] for rewrite in rewrites}


@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "signed out"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_one_that_it_describes(api: Any, method: str, path: str, signed_in: bool) -> None:
    assert hold_to_description(api, method, path, signed_in=signed_in, cases=CASES) > 0
