"""Clients that send half a request and wait do not keep a valid caller waiting."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests
from standins.function_process import FunctionProcess
from voicemint.api.body_deadline import LOOK_SECONDS, seconds_for

from ..functions.conftest import StartFunction, session_cookie
from ..functions.phone_calls import SECRET, event, signed, write_phone_agent
from .conftest import Figure

HALF_HEADS = 8  # more is Google's front end's to bear: it reads heads itself
ATTACKERS = 100  # the threads of an instance, and 20
VALID = 20
LIMIT_SECONDS = 1.0
WAIT_SECONDS = 30.0
TOLD_SECONDS = seconds_for(64 * 1024) + LOOK_SECONDS + 5  # the machine may be busy

HALF_A_HEAD = b"POST /api/client-secrets HTTP/1.1\r\nHost: localhost\r\nContent-Ty"

Ask = Callable[[requests.Session, FunctionProcess], int]


def half_a_body(path: str, headers: dict[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n{lines}\r\n"
    return head.encode() + b"{"


def mint(session: requests.Session, function: FunctionProcess) -> int:
    return session.post(f"{function.url}/api/client-secrets", json={}, timeout=WAIT_SECONDS).status_code


def who_am_i(session: requests.Session, function: FunctionProcess) -> int:
    return session.get(f"{function.url}/api/access", timeout=WAIT_SECONDS).status_code


def webhook(session: requests.Session, function: FunctionProcess) -> int:
    """One that an agent has nothing to do with: what is asked is how long it takes to be heard."""
    body = event({}, "realtime.call.ended")
    headers = signed(body, "wh_valid")
    return session.post(f"{function.url}/api/phone", data=body, headers=headers, timeout=WAIT_SECONDS).status_code


@contextmanager
def holding(function: FunctionProcess, sent: bytes, attackers: int) -> Iterator[list[socket.socket]]:
    """So many connections that have sent so much."""
    with ExitStack() as stack:
        peers = []
        for _ in range(attackers):
            peer = stack.enter_context(socket.create_connection(("127.0.0.1", function.port), timeout=WAIT_SECONDS))
            peer.sendall(sent)
            peers.append(peer)
        yield peers


def valid_caller(ask: Ask, function: FunctionProcess) -> requests.Session:
    """Somebody who has been answered before: a process takes longer for its first request."""
    session = requests.Session()
    session.cookies.set("__session", session_cookie())
    assert ask(session, function) == 200
    return session


def slowest(ask: Ask, session: requests.Session, function: FunctionProcess) -> float:
    """The seconds that a valid caller waits at most."""
    waited = []
    for _ in range(VALID):
        begun = time.monotonic()
        assert ask(session, function) == 200
        waited.append(time.monotonic() - begun)
    return max(waited)


def told(peer: socket.socket) -> tuple[int, str]:
    """The status and the code that a connection is answered with."""
    head, _, body = b"".join(iter(lambda: peer.recv(65_536), b"")).partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), str(json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])["error"]["code"])


def test_half_sent_heads_delay_nobody(start_function: StartFunction, figure: Figure) -> None:
    with start_function("mint-client-secret", VOICEMINT_ACCESS="invite") as function:
        caller = valid_caller(mint, function)
        with holding(function, HALF_A_HEAD, HALF_HEADS):
            seconds = slowest(mint, caller, function)
    assert seconds < LIMIT_SECONDS
    figure(f"{HALF_HEADS} clients with half a head each", f"a valid mint takes {seconds * 1000:.0f} ms at most")


AS_JSON = {"Content-Type": "application/json"}


def as_ana() -> dict[str, str]:
    return {"Cookie": f"__session={session_cookie()}"}


@pytest.mark.parametrize(
    ("who", "path", "headers", "ask", "answer"),
    [
        ("sign-in", "/api/access", lambda: AS_JSON, who_am_i, (408, "body_timeout")),
        ("answer-phone", "/api/phone", lambda: signed(b"{}", "wh_half"), webhook, (408, "body_timeout")),
        ("answer-phone, unsigned", "/api/phone", lambda: AS_JSON, webhook, (401, "invalid_signature")),
        ("mint-client-secret", "/api/client-secrets", lambda: {**AS_JSON, **as_ana()}, mint, (408, "body_timeout")),
        ("mint-client-secret, signed out", "/api/client-secrets", lambda: AS_JSON, mint, (401, "signed_out")),
    ],
    ids=["sign-in", "the telephone", "the telephone, unsigned", "the mint", "the mint, signed out"],
)
def test_half_sent_bodies_delay_nobody_and_are_given_up(
    start_function: StartFunction,
    tmp_path: Path,
    who: str,
    path: str,
    headers: Callable[[], dict[str, str]],
    ask: Ask,
    answer: tuple[int, str],
    figure: Figure,
) -> None:
    secret_file = tmp_path / "webhook-secret"
    secret_file.write_text(SECRET)
    environment = {
        "VOICEMINT_ACCESS": "invite",
        "AGENTS_FOLDER": str(write_phone_agent(tmp_path / "agents")),
        "OPENAI_WEBHOOK_SECRET_FILE": str(secret_file),
        "PROJECT_ID": "test-project",
    }
    sent = half_a_body(path, headers())
    with start_function(who.partition(",")[0], **environment) as function:
        caller = valid_caller(ask, function)
        with holding(function, sent, ATTACKERS) as peers, ThreadPoolExecutor(ATTACKERS) as threads:
            begun = time.monotonic()
            answers = [threads.submit(told, peer) for peer in peers]
            seconds = slowest(ask, caller, function)
            given_up = {each.result(WAIT_SECONDS) for each in answers}
            last = time.monotonic() - begun
    assert seconds < LIMIT_SECONDS
    assert given_up == {answer}
    assert last < TOLD_SECONDS
    figure(
        f"{ATTACKERS} half bodies to {who}",
        f"a valid caller waits {seconds * 1000:.0f} ms at most, the last attacker is answered after {last:.1f} s",
    )
