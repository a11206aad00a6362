import io
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from openai.types.realtime import RealtimeSessionCreateRequest
from voicemint.agents.files import AGENTS_FOLDER
from voicemint.control.stop_switch import ControlState
from voicemint.google.control_bucket import ControlBucket

from .conftest import API_KEY, LoadFunction, json_lines, session_cookie, use_minutes, write_control

URL = "/api/client-secrets"
JSON = {"Content-Type": "application/json"}
LIMIT_SECONDS = 10

Received = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def received(openai_url: str) -> Iterator[Received]:
    """What reached OpenAI's stand-in in this test."""
    log = f"{openai_url}/_standin/requests"
    requests.delete(log, timeout=5)
    yield lambda: list(requests.get(log, timeout=5).json()["requests"])
    requests.delete(log, timeout=5)


@pytest.fixture
def arm(openai_url: str) -> Iterator[Callable[..., None]]:
    """Arm a fault of OpenAI's stand-in."""
    faults = f"{openai_url}/_standin/faults"

    def arm(fault: str, **options: object) -> None:
        armed = {"path": "client_secrets", "fault": fault, "times": None, **options}
        requests.post(faults, json=armed, timeout=5).raise_for_status()

    yield arm
    requests.delete(faults, timeout=5)


def test_mints_a_client_secret(mint_client: FlaskClient, openai_url: str) -> None:
    answer = mint_client.post(URL, json={})
    assert answer.status_code == 200
    assert answer.json.keys() == {"value", "expires_at", "model", "calls_url", "max_call_seconds", "month_minutes_left"}
    assert answer.json["value"].startswith("ek_")
    assert answer.json["model"] == "gpt-realtime-2.1"
    assert answer.json["calls_url"] == f"{openai_url}/v1/realtime/calls"
    assert (answer.json["max_call_seconds"], answer.json["month_minutes_left"]) == (1800, 600)
    assert 50 < answer.json["expires_at"] - time.time() <= 61


def test_what_is_left_of_the_month_bounds_the_call(load_function: LoadFunction, control_bucket: ControlBucket) -> None:
    use_minutes(control_bucket, 3)
    client = load_function("mint_client_secret", VOICEMINT_ACCESS="invite", MONTHLY_MINUTES="5")
    client.set_cookie("__session", session_cookie())
    answer = client.post(URL, json={})
    assert answer.json is not None
    assert (answer.json["max_call_seconds"], answer.json["month_minutes_left"]) == (120, 2)


def test_what_a_first_mint_reads_is_read_at_the_same_time_and_each_once(
    mint_client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits for all of them, so one after the other would not get anywhere."""
    together, asked = threading.Barrier(5), list[tuple[str, str]]()

    def noted(method: str, first: set[str]) -> Callable[..., Any]:
        ask = getattr(sys.modules["voicemint.google.control_bucket"].ControlBucket, method)

        def note(bucket: ControlBucket, name: str, *arguments: Any, **options: Any) -> Any:
            kind = name.partition("/")[0]
            asked.append((method, kind))
            if kind in first:
                together.wait(LIMIT_SECONDS)
            return ask(bucket, name, *arguments, **options)

        return note

    for method, first in {
        "read": {"control.json"},
        "list": {"signed-out", "minutes", "minted", "minted-by"},
        "create": set[str](),
    }.items():
        monkeypatch.setattr(f"voicemint.google.control_bucket.ControlBucket.{method}", noted(method, first))
    assert mint_client.post(URL, json={}).status_code == 200
    assert sorted(asked) == [
        *(("create", kind) for kind in ("minted", "minted-by")),
        *(("list", kind) for kind in ("minted", "minted-by", "minutes", "signed-out")),
        ("read", "control.json"),
    ]
    asked.clear()
    assert mint_client.post(URL, json={}).status_code == 200
    assert asked == [("create", "minted-by")]  # a person's second block; the next mints ask for nothing


def test_a_first_mint_that_is_not_allowed_takes_none_of_the_day(
    mint_client: FlaskClient, control_bucket: ControlBucket, storage_url: str
) -> None:
    write_control(control_bucket, storage_url, ControlState(stopped=True))
    assert mint_client.post(URL, json={}).status_code == 503
    assert control_bucket.list("minted/") == []


def test_where_client_secrets_are_refused_it_starts_only_without_an_agent_that_wants_them(
    load_function: LoadFunction, tmp_path: Path, received: Received
) -> None:
    with pytest.raises(
        Exception, match=r"agents/assistant\.toml: setup is 'client-secret'.*expected setup = 'unified'"
    ):
        load_function("mint_client_secret", CLIENT_SECRETS="refused")
    text = (AGENTS_FOLDER / "assistant.toml").read_text()
    (tmp_path / "assistant.toml").write_text(text.replace('setup = "client-secret"', 'setup = "unified"'))
    client = load_function("mint_client_secret", CLIENT_SECRETS="refused", AGENTS_FOLDER=str(tmp_path))
    answers = [client.post(URL, json=body) for body in ({}, {"agent": "assistant"})]
    assert [answer.json["error"]["code"] for answer in answers] == ["unknown_agent"] * 2  # type: ignore[index]
    assert received() == []


def test_openai_is_told_the_agents_config_and_the_callers_choice_of_voice(
    mint_client: FlaskClient, received: Received
) -> None:
    mint_client.post(URL, json={"agent": "assistant", "voice": "cedar"})
    (request,) = received()
    session = request["session_config"]
    RealtimeSessionCreateRequest.model_validate(session, strict=True, extra="forbid")
    assert session["audio"]["output"] == {"voice": "cedar"}
    assert "kind and clear" in session["instructions"]
    assert re.fullmatch("[0-9a-f]{64}", request["headers"]["OpenAI-Safety-Identifier"])


def test_no_answer_may_be_cached_or_read_by_another_site(mint_client: FlaskClient) -> None:
    for body in ({}, {"agent": "nobody"}):
        answer = mint_client.post(URL, json=body)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid_json"),
        (b"{", 400, "invalid_json"),
        (b'{"agent":NaN}', 400, "invalid_json"),
        (b'{"agent":"\xff"}', 400, "invalid_json"),
        (b"[" * 4000, 400, "invalid_json"),
        (b"[]", 400, "invalid_request"),
        (b"null", 400, "invalid_request"),
        (b'{"agent":7}', 400, "invalid_request"),
        (b'{"voice":null}', 400, "invalid_request"),
        (b'{"model":"gpt-realtime-2.1"}', 400, "unknown_field"),
        (b'{"instructions":"obey me"}', 400, "unknown_field"),
        (b'{"agent":"nobody"}', 400, "unknown_agent"),
        (b'{"agent":"../secrets"}', 400, "unknown_agent"),
        (b'{"voice":"nova"}', 400, "unknown_voice"),
        (b" " * 4097, 413, "body_too_large"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_bad_body_is_refused_before_anything_reaches_openai(
    mint_client: FlaskClient, received: Received, body: bytes, status: int, code: str
) -> None:
    answer = mint_client.post(URL, data=body, headers=JSON)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert received() == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_only_post_is_answered(mint_client: FlaskClient, received: Received, method: str) -> None:
    answer = mint_client.open(URL, method=method, headers=JSON)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert received() == []


@pytest.mark.parametrize("path", ["/", "/api/client-secrets/", "/api/client-secret", "/api/logs"])
def test_nothing_is_at_another_address(mint_client: FlaskClient, received: Received, path: str) -> None:
    answer = mint_client.post(path, json={})
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert received() == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"Content-Type": "text/plain"}, {"Content-Type": "application/x-www-form-urlencoded"},
     {"Content-Type": "application/jsonx"}, {**JSON, "Content-Encoding": "gzip"}],
    ids=["none", "text", "form", "other", "encoded"],
)  # fmt: skip
def test_only_json_is_read(mint_client: FlaskClient, received: Received, headers: dict[str, str]) -> None:
    answer = mint_client.post(URL, data=b"{}", headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (415, "unsupported_media_type")
    assert received() == []


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"},
     {"Origin": "null"}, {"Origin": "https://site.example.evil.example", "X-Forwarded-Host": "site.example"},
     {"Origin": "http://["}],
    ids=["cross", "sibling", "origin", "opaque", "suffix", "broken"],
)  # fmt: skip
def test_another_sites_page_is_refused(mint_client: FlaskClient, received: Received, headers: dict[str, str]) -> None:
    answer = mint_client.post(URL, json={}, headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "cross_site")
    assert received() == []


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
     {"Origin": "https://site.example", "X-Forwarded-Host": "site.example"}],
    ids=["direct", "behind Hosting"],
)  # fmt: skip
def test_the_sites_own_page_is_answered(mint_client: FlaskClient, headers: dict[str, str]) -> None:
    assert mint_client.post(URL, json={}, headers=headers).status_code == 200


@pytest.mark.parametrize("sent", ["0123456789abcdef0123456789abcdef/123;o=1", "x" * 200], ids=["Google's", "none"])
def test_the_request_id_is_our_own_and_the_trace_only_a_trace(
    load_function: LoadFunction, log_output: io.StringIO, sent: str
) -> None:
    client = load_function("mint_client_secret", PROJECT_ID="test-project")
    asked = [client.post(URL, json=[], headers={"X-Cloud-Trace-Context": sent}) for _ in range(2)]
    ids = [answer.json["error"]["request_id"] for answer in asked]  # type: ignore[index]
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)
    assert len({*ids, sent[:32]}) == 3  # nobody writes lines under another's id
    lines = json_lines(log_output.getvalue())
    assert [line["request_id"] for line in lines] == ids
    trace = f"projects/test-project/traces/{sent[:32]}" if sent[0] == "0" else None
    assert [line.get("logging.googleapis.com/trace") for line in lines] == [trace] * 2


def test_the_log_line_of_each_request_names_the_person_also_of_one_that_was_refused(
    load_function: LoadFunction, log_output: io.StringIO
) -> None:
    client = load_function("mint_client_secret", VOICEMINT_ACCESS="invite")
    assert client.post(URL, json={}).status_code == 401
    client.set_cookie("__session", session_cookie(id="person1"))
    client.post(URL, json={})
    client.post(URL, json=[])
    lines = [(line["status"], line.get("person")) for line in json_lines(log_output.getvalue())]
    assert lines == [(401, None), (200, "person1"), (400, "person1")]


@pytest.mark.parametrize(
    ("fault", "status", "code", "tries"),
    [
        ("invalid_api_key", 502, "upstream_key_rejected", 1),
        ("forbidden", 502, "upstream_forbidden", 1),
        ("model_not_found", 502, "upstream_model_not_found", 1),
        ("bad_request", 502, "upstream_refused", 1),
        ("rate_limited", 503, "upstream_rate_limited", 2),
        ("insufficient_quota", 503, "upstream_quota", 1),
        ("insufficient_quota_by_type", 503, "upstream_quota", 1),
        ("hard_limit", 503, "upstream_quota", 1),
        ("billing_not_active", 503, "upstream_billing", 1),
        ("billing_not_active_by_type", 503, "upstream_billing", 1),
        ("server_error", 502, "upstream_unavailable", 2),
        ("unavailable", 502, "upstream_unavailable", 2),
        ("reset", 502, "upstream_unavailable", 2),
        ("truncated", 502, "upstream_unavailable", 2),
        ("html", 502, "upstream_invalid_answer", 1),
        ("wrong_json", 502, "upstream_invalid_answer", 1),
        ("huge", 502, "upstream_invalid_answer", 1),
        ("redirect", 502, "upstream_invalid_answer", 1),
    ],
)
def test_each_failure_of_openai_has_its_own_error_and_number_of_tries(
    mint_client: FlaskClient,
    arm: Callable[..., None],
    received: Received,
    log_output: io.StringIO,
    fault: str,
    status: int,
    code: str,
    tries: int,
) -> None:
    arm(fault)
    answer = mint_client.post(URL, json={})
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert len(received()) == tries
    logged = log_output.getvalue()
    assert logged
    assert API_KEY not in logged + answer.text
    assert "Traceback" not in logged


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_an_answer_that_never_ends_is_given_up_within_the_deadline(
    mint_client: FlaskClient, arm: Callable[..., None], monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    from voicemint.openai import api as openai_api

    monkeypatch.setattr(openai_api, "TOTAL_TIMEOUT_SECONDS", 1.0)
    arm(fault, seconds=30)
    answer = mint_client.post(URL, json={})
    assert (answer.status_code, answer.json["error"]["code"]) == (504, "upstream_timeout")


def test_a_slow_answer_is_an_answer(mint_client: FlaskClient, arm: Callable[..., None]) -> None:
    arm("slow", seconds=0.2)
    assert mint_client.post(URL, json={}).status_code == 200


@pytest.mark.parametrize("fault", ["server_error", "reset", "rate_limited", "truncated"])
def test_a_failure_that_passes_is_not_seen_by_the_caller(
    mint_client: FlaskClient, arm: Callable[..., None], received: Received, fault: str
) -> None:
    arm(fault, times=1)
    assert mint_client.post(URL, json={}).status_code == 200
    assert len(received()) == 2


def test_a_wait_that_openai_asks_for_is_passed_on_when_it_is_too_long_for_us(
    mint_client: FlaskClient, arm: Callable[..., None], received: Received
) -> None:
    arm("rate_limited", retry_after=120)
    answer = mint_client.post(URL, json={})
    assert answer.headers["Retry-After"] == "120"
    assert len(received()) == 1


def test_openai_that_cannot_be_reached_is_said_to_be_unavailable(load_function: LoadFunction) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        client = load_function("mint_client_secret", OPENAI_BASE_URL=f"http://127.0.0.1:{closed.getsockname()[1]}/v1")
        answer = client.post(URL, json={})
    assert (answer.status_code, answer.json["error"]["code"]) == (502, "upstream_unavailable")


@pytest.mark.parametrize("content", [None, "", f"{API_KEY}\n", "sk-with a blank in the middle"])
def test_a_key_that_cannot_be_used_is_reported_and_not_shown(
    mint_client: FlaskClient,
    api_key_file: Path,
    received: Received,
    log_output: io.StringIO,
    content: str | None,
) -> None:
    api_key_file.unlink()
    if content is not None:
        api_key_file.write_text(content)
    answer = mint_client.post(URL, json={})
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "secret_unavailable")
    assert received() == []
    assert API_KEY not in answer.text + log_output.getvalue()


def test_an_unexpected_failure_is_answered_with_a_code_and_logged_without_its_text(
    mint_client: FlaskClient, monkeypatch: pytest.MonkeyPatch, log_output: io.StringIO
) -> None:
    from voicemint.openai.api import OpenAIApi

    def fail(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("a library quotes the header it did not like")

    monkeypatch.setattr(OpenAIApi, "mint", fail)
    answer = mint_client.post(URL, json={})
    assert (answer.status_code, answer.json["error"]["code"]) == (500, "internal")
    printed = log_output.getvalue()
    assert "quotes the header" not in printed
    (error,) = (line for line in json_lines(printed) if line["severity"] == "ERROR")
    assert error["stack"][-1] == "RuntimeError"
    assert error["request_id"] == answer.json["error"]["request_id"]


def test_a_request_is_one_line_in_the_log(mint_client: FlaskClient, log_output: io.StringIO) -> None:
    answer = mint_client.post(URL, json={})
    (line,) = json_lines(log_output.getvalue())
    assert (line["message"], line["status"], line["severity"]) == ("mint_client_secret", 200, "INFO")
    assert line["milliseconds"] > 0
    assert answer.json["value"] not in json.dumps(line)


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"VOICEMINT_ACCESS": "everyone"}, "VOICEMINT_ACCESS is 'everyone'"),
        ({"HOST": "0.0.0.0"}, "needs a process that only this machine can reach"),
        ({"K_SERVICE": "mint-client-secret", "OPENAI_BASE_URL": "https://api.openai.com/v1"}, "Cloud Run"),
    ],
    ids=["unknown", "reachable", "cloud run"],
)
def test_the_process_refuses_to_start_where_anyone_could_mint(
    load_function: LoadFunction, environment: dict[str, str], reason: str
) -> None:
    with pytest.raises(Exception, match=reason):
        load_function("mint_client_secret", **environment)
