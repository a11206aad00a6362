"""No money is spent that the owner did not allow: over processes, and for as long as they were told to stop."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import requests
from flask.testing import FlaskClient
from standins.function_process import FunctionProcess
from voicemint.control.stop_switch import ControlState
from voicemint.google.control_bucket import ControlBucket

from ..functions.conftest import LoadFunction, StartFunction, session_cookie, write_control
from .conftest import Figure, Upstream

ANONYMOUS_MINTS = 1_000
DAILY_LIMIT = 20
ASKED_AT_MOST = 20
PARALLEL_MINTS = 200
PROCESSES = 4
STOP_SECONDS = 15
POLL_SECONDS = 0.1

StartMints = Callable[..., list[FunctionProcess]]


def mint(function: FunctionProcess) -> requests.Response:
    cookies = {"__session": session_cookie()}
    return requests.post(f"{function.url}/api/client-secrets", json={}, cookies=cookies, timeout=20)


def code_of(answer: requests.Response) -> str:
    """`minted`, or why not."""
    return "minted" if answer.ok and answer.json()["value"].startswith("ek_") else str(answer.json()["error"]["code"])


def decided(function: FunctionProcess) -> requests.Response:
    """Asks again, as a page does, where the bucket was too slow: on a busy machine 200 at once wait for it too long."""
    for _ in range(ASKED_AT_MOST):
        answer = mint(function)
        if answer.ok or code_of(answer) != "control_unavailable":
            return answer
    raise AssertionError(f"not decided after {ASKED_AT_MOST} requests: {answer.text}")


@pytest.fixture
def start_mints(start_function: StartFunction) -> Iterator[StartMints]:
    """Start so many instances of the mint function, with `environment`."""
    with ExitStack() as stack:

        def start(count: int, **environment: str) -> list[FunctionProcess]:
            return [
                stack.enter_context(start_function("mint-client-secret", VOICEMINT_ACCESS="invite", **environment))
                for _ in range(count)
            ]

        yield start


def test_who_is_nobody_costs_no_request_to_openai(
    load_function: LoadFunction, asked_of_openai: Upstream, figure: Figure
) -> None:
    client: FlaskClient = load_function("mint_client_secret", VOICEMINT_ACCESS="invite")
    statuses = {client.post("/api/client-secrets", json={}).status_code for _ in range(ANONYMOUS_MINTS)}
    assert statuses == {401}
    assert asked_of_openai() == 0
    figure("anonymous mints", f"{ANONYMOUS_MINTS} sent, 0 upstream calls")


def test_the_days_limit_is_exact_over_processes(start_mints: StartMints, figure: Figure) -> None:
    """The block does not divide the limit, and every process leases blocks of its own."""
    rates = {"PERSON_PER_MINUTE": "10000", "INSTANCE_PER_MINUTE": "10000"}
    limits = {"DAILY_LIMIT": str(DAILY_LIMIT), "PERSON_DAILY_LIMIT": "1000", "DAILY_BLOCK": "3"}
    functions = start_mints(PROCESSES, **limits, **rates)
    with ThreadPoolExecutor(PARALLEL_MINTS) as threads:
        answers = list(threads.map(lambda n: decided(functions[n % PROCESSES]), range(PARALLEL_MINTS)))
    codes = [code_of(answer) for answer in answers]
    assert sorted(codes) == ["daily_limit_reached"] * (PARALLEL_MINTS - DAILY_LIMIT) + ["minted"] * DAILY_LIMIT
    secrets = {answer.json()["value"] for answer in answers if answer.ok}
    assert len(secrets) == DAILY_LIMIT
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers if answer.status_code == 429)
    figure(
        f"daily limit {DAILY_LIMIT}, parallel mints over {PROCESSES} processes",
        f"{PARALLEL_MINTS} sent, {len(secrets)} client secrets returned",
    )


def test_a_stop_holds_everywhere_within_fifteen_seconds(
    start_mints: StartMints, control_bucket: ControlBucket, storage_url: str, figure: Figure
) -> None:
    functions = start_mints(2)
    assert [code_of(mint(function)) for function in functions] == ["minted", "minted"]
    write_control(control_bucket, storage_url, ControlState(stopped=True))
    stopped_after = seconds_until_all(functions, "stopped")
    assert stopped_after < STOP_SECONDS
    write_control(control_bucket, storage_url, ControlState())
    resumed_after = seconds_until_all(functions, "minted")
    assert resumed_after < STOP_SECONDS
    figure(
        "stop switch, 2 processes",
        f"in force {stopped_after:.1f} s after it, minting again {resumed_after:.1f} s after the resume",
    )


def seconds_until_all(functions: list[FunctionProcess], code: str) -> float:
    """Mint in every process until each answers `code`; at most a little longer than allowed."""
    begun = time.monotonic()
    while {code_of(mint(function)) for function in functions} != {code}:
        if time.monotonic() - begun > STOP_SECONDS + 5:
            pytest.fail(f"not every process answers {code!r}")
        time.sleep(POLL_SECONDS)
    return time.monotonic() - begun


def test_a_new_instance_that_cannot_read_the_control_state_returns_nothing(
    start_mints: StartMints, storage_url: str, figure: Figure
) -> None:
    faults = f"{storage_url}/_standin/faults"
    requests.post(faults, json={"fault": "status", "status": 403, "times": None}, timeout=5).raise_for_status()
    try:
        (function,) = start_mints(1)
        assert {code_of(mint(function)) for _ in range(20)} == {"control_unavailable"}
    finally:
        requests.delete(faults, timeout=5)
    figure("control state unreadable", "20 mints sent, 0 client secrets returned")
