"""Thousands of requests made up from openapi.yaml, with and without a cookie: every answer is one described there."""

import io

import pytest

from ..functions.conftest import LoadFunction
from ..functions.openapi_cases import OPERATIONS, described_api, hold_to_description
from .conftest import Figure

CASES = 5_000


@pytest.mark.timeout(600)
def test_every_answer_is_one_that_is_described(
    load_function: LoadFunction, log_output: io.StringIO, figure: Figure
) -> None:
    api = described_api(load_function)
    each = CASES // (2 * len(OPERATIONS)) + 1
    sent = sum(
        hold_to_description(api, method, path, signed_in=signed_in, cases=each)
        for method, path in OPERATIONS
        for signed_in in (True, False)
    )
    assert sent >= CASES
    assert '"code": "internal"' not in log_output.getvalue()
    figure(f"schemathesis, {len(OPERATIONS)} operations, with and without a cookie", f"{sent} cases, 0 failures")
