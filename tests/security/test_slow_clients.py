"""Clients that send half a request and wait do not keep a valid caller waiting."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests
from standins.function_process import FunctionProcess

from ..functions.conftest import StartFunction, session_cookie
from .conftest import Figure

ATTACKERS = 8
MINTS = 20
LIMIT_SECONDS = 1.0

HALF_A_HEAD = b"POST /api/client-secrets HTTP/1.1\r\nHost: localhost\r\nContent-Ty"
HALF_A_BODY = (
    b"POST /api/client-secrets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Cookie: __session=%s\r\nContent-Length: 100\r\n\r\n{"
)


@pytest.fixture
def function(start_function: StartFunction) -> Iterator[FunctionProcess]:
    with start_function("mint-client-secret", VOICEMINT_ACCESS="invite") as function:
        yield function


@pytest.mark.parametrize("half", ["head", "body"])
def test_half_sent_requests_delay_nobody(function: FunctionProcess, half: str, figure: Figure) -> None:
    session = requests.Session()
    session.cookies.set("__session", session_cookie())
    sent = HALF_A_HEAD if half == "head" else HALF_A_BODY % session_cookie().encode()
    with ExitStack() as attackers:
        for _ in range(ATTACKERS):
            peer = attackers.enter_context(socket.create_connection(("127.0.0.1", function.port)))
            peer.sendall(sent)
        slowest = max(seconds_to_mint(session, function) for _ in range(MINTS))
    assert slowest < LIMIT_SECONDS
    figure(f"{ATTACKERS} clients with half a {half} each", f"a valid mint takes {slowest * 1000:.0f} ms at most")


def seconds_to_mint(session: requests.Session, function: FunctionProcess) -> float:
    begun = time.monotonic()
    answer = session.post(f"{function.url}/api/client-secrets", json={}, timeout=20)
    assert answer.status_code == 200
    return time.monotonic() - begun
