"""A cookie that was signed out opens nothing any more, on any function, whoever has kept a copy of it."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from standins.function_process import FunctionProcess
from voicemint.agents.files import AGENTS_FOLDER
from werkzeug.test import TestResponse

from ..functions.conftest import LoadFunction, StartFunction, session_cookie
from ..functions.test_create_call import OFFER, SDP
from ..functions.test_log_payload import EVENT, headers, lines
from .conftest import Figure

SIGN_OUT_SECONDS = 15
POLL_SECONDS = 0.1

Ask = Callable[[FlaskClient], TestResponse]


@pytest.fixture
def agents(tmp_path: Path) -> Path:
    """The assistant with either set-up."""
    text = (AGENTS_FOLDER / "assistant.toml").read_text()
    for name, setup in (("assistant", "client-secret"), ("guide", "unified")):
        set_up = re.sub(r'^setup = ".*"$', f'setup = "{setup}"', text, flags=re.MULTILINE)
        (tmp_path / f"{name}.toml").write_text(set_up)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "ask", "before"),
    [
        ("mint_client_secret", lambda client: client.post("/api/client-secrets", json={}), 200),
        ("create_call", lambda client: client.post("/api/calls?agent=guide", data=OFFER, headers=SDP), 201),
        ("create_call", lambda client: client.post("/api/calls/register", json={"call_id": "rtc_ours"}), 201),
        ("log_payload", lambda client: client.post("/api/logs", data=lines(EVENT), headers=headers()), 200),
        ("sign_in", lambda client: client.get("/api/access"), 200),
    ],
    ids=["a client secret", "a call", "a registration", "a batch of the log", "who am I"],
)
def test_a_copy_of_a_cookie_that_was_signed_out_opens_nothing(
    load_function: LoadFunction, agents: Path, monkeypatch: pytest.MonkeyPatch, name: str, ask: Ask, before: int
) -> None:
    environment = {"BUCKET": "payloads", "PROJECT_ID": "test-project", "AGENTS_FOLDER": str(agents)}
    signing_in, client = (load_function(each, VOICEMINT_ACCESS="invite", **environment) for each in ("sign_in", name))
    cookie = session_cookie()
    for each in (signing_in, client):
        each.set_cookie("__session", cookie)
    assert ask(client).status_code == before
    assert signing_in.delete("/api/access").status_code == 204
    monkeypatch.setattr("voicemint.control.stop_switch.REFRESH_SECONDS", 0.0)  # as if ten seconds had passed
    answers: list[Any] = [ask(client) for _ in range(3)]
    assert [(answer.status_code, answer.json["error"]["code"]) for answer in answers] == [(401, "signed_out")] * 3


def test_it_is_in_force_everywhere_within_fifteen_seconds(start_function: StartFunction, figure: Figure) -> None:
    cookies = {"__session": session_cookie()}

    def mint(function: FunctionProcess) -> int:
        return requests.post(f"{function.url}/api/client-secrets", json={}, cookies=cookies, timeout=20).status_code

    invited = {"VOICEMINT_ACCESS": "invite"}
    with (
        start_function("mint-client-secret", **invited) as one,
        start_function("mint-client-secret", **invited) as other,
        start_function("sign-in", **invited) as signing_in,
    ):
        assert [mint(one), mint(other)] == [200, 200]
        answer = requests.delete(f"{signing_in.url}/api/access", cookies=cookies, timeout=20)
        assert answer.status_code == 204
        begun = time.monotonic()
        while {mint(one), mint(other)} != {401}:
            assert time.monotonic() - begun < SIGN_OUT_SECONDS
            time.sleep(POLL_SECONDS)
        refused_after = time.monotonic() - begun
    figure("a copied cookie after signing out, 2 processes", f"refused after {refused_after:.1f} s")
