import asyncio
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
import standins.local.site
from aiohttp import web
from smoke.__main__ import main
from smoke.steps import Outcome, Step, StepFailed, redact, run_steps
from standins.agents_folder import agents_with
from standins.local.site import Site
from standins.serving import ServerThread
from voicemint.agents.agent import UNIFIED

ROOT = Path(__file__).parents[2]
SMOKE = ROOT / "scripts" / "smoke.sh"
API_KEY = "sk-planted-0123456789abcdefghij"
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; connect-src 'self' https://api.openai.com",
    "Permissions-Policy": "microphone=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def smoke_sh(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    environ = {
        name: value
        for name, value in os.environ.items()
        if name not in ("OPENAI_API_KEY", "VOICEMINT_INVITE", "VOICEMINT_SESSION")
    }
    return subprocess.run(
        [SMOKE, *arguments], env={**environ, **environment}, capture_output=True, text=True, timeout=100
    )


def results(table: str) -> dict[str, str]:
    """Step to result, read from the printed table."""
    rows = [line.split("  ") for line in table.splitlines()[2:]]
    return {row[0].strip(): next(filter(None, row[1:])).strip() for row in rows}


def answering(body: object, status: int = 200, headers: Mapping[str, str] = {}) -> Callable[[web.Request], Any]:
    async def handler(_request: web.Request) -> web.Response:
        if isinstance(body, str):
            return web.Response(text=body, status=status, headers={"Content-Type": "text/html", **headers})
        return web.json_response(body, status=status, headers=headers)

    return handler


def client_secret(**changes: object) -> dict[str, object]:
    """What mint_client_secret answers, with changes."""
    return {
        "value": "ek_planted0123456789",
        "expires_at": int(time.time()) + 60,
        "model": "gpt-realtime-2.1",
        "calls_url": "http://127.0.0.1:1/v1/realtime/calls",
        "max_call_seconds": 1800,
        **changes,
    }


def broken_site(servers: ServerThread, **routes: Callable[[web.Request], Any]) -> str:
    """A site that has only these routes: page, mint, log, calls, realtime (the WebSocket)."""
    places = {
        "page": ("GET", "/"),
        "mint": ("POST", "/api/client-secrets"),
        "log": ("POST", "/api/logs"),
        "calls": ("POST", "/v1/realtime/calls"),
        "realtime": ("GET", "/v1/realtime"),
    }
    app = web.Application()
    for name, handler in routes.items():
        app.router.add_route(*places[name], handler)
    return servers.serve(app)


def detail_of(step: str, url: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Run the check, which has to fail, and give what it says about a step, which has to have failed."""
    assert main([url, "--json"]) == 1
    printed = capsys.readouterr()
    found = {row["step"]: row for row in json.loads(printed.out)["steps"]}[step]
    assert found["result"] == "FAILED"
    assert step in printed.err
    assert "planted" not in printed.out + printed.err
    return str(found["detail"])


def control_of(site: Site) -> requests.Session:
    """Asks the site's stand-ins."""
    control = requests.Session()
    control.headers.update(site.authorization)
    return control


def test_a_working_site_passes_and_every_step_is_in_the_table(site: Site) -> None:
    link = site.invite_link("Smoke check")
    finished = smoke_sh(site.url, VOICEMINT_INVITE=link)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    steps = ("page", "sign in", "mint", "text turn", "call", "log write")
    assert results(finished.stdout) == dict.fromkeys(steps, "ok")
    assert link.partition("#")[2] not in finished.stdout + finished.stderr
    assert "first sound" in finished.stdout
    assert "offline stand-in" in finished.stdout
    assert list(site.bucket.rglob("*/page_smoke_*/000000-*.ndjson"))
    assert "ek_" not in finished.stdout + finished.stderr


@pytest.fixture
def unified_site(servers: ServerThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The whole local run of an owner who refuses client secrets; of the page, what the check asks for."""
    agents, dist = agents_with(tmp_path / "agents", UNIFIED), tmp_path / "dist"
    dist.mkdir()
    (dist / "index.html").write_text("<!doctype html><title>Voicemint</title>")
    (dist / "agents.json").write_text(
        json.dumps([{"name": file.stem, "setup": "unified"} for file in agents.iterdir()])
    )
    shutil.copy(ROOT / "web" / "firebase.json", tmp_path)
    monkeypatch.setattr(standins.local.site, "FIREBASE_JSON", tmp_path / "firebase.json")
    environment = {"AGENTS_FOLDER": str(agents), "CLIENT_SECRETS": "refused"}
    running = standins.local.site.local_run(tmp_path / "run", environment=environment)
    yield servers.run(running.__aenter__(), timeout_seconds=110)
    servers.run(running.__aexit__(None, None, None))


def test_where_the_server_opens_the_calls_it_has_one_opened_and_ended(unified_site: Site) -> None:
    finished = smoke_sh(unified_site.url, VOICEMINT_INVITE=unified_site.invite_link("Smoke check"))
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert results(finished.stdout) == dict.fromkeys(("page", "sign in", "call", "log write"), "ok")
    calls = control_of(unified_site).get(f"{unified_site.openai_url}/_standin/calls", timeout=5).json()["calls"]
    assert [call["state"] for call in calls] == ["hung up"]


def test_an_invite_that_was_used_fails_the_sign_in(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICEMINT_INVITE", site.invite_link())
    assert main([site.url]) == 0
    capsys.readouterr()
    assert "found 403 invalid_invite" in detail_of("sign in", site.url, capsys)


def test_direct_asks_openai_alone_and_keeps_the_key_to_itself(site: Site) -> None:
    finished = smoke_sh("--direct", "--json", OPENAI_API_KEY=API_KEY, OPENAI_BASE_URL=f"{site.openai_url}/v1")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert [step["step"] for step in json.loads(finished.stdout)["steps"]] == ["mint", "text turn", "call"]
    assert API_KEY not in finished.stdout + finished.stderr


def test_a_refused_connection_is_one_sentence_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["http://localhost:1"]) == 1
    assert capsys.readouterr().err == (
        "error: Nothing answers at http://localhost:1. Start the local run, scripts/dev.sh, or name the site: "
        "scripts/smoke.sh https://YOUR-SITE.web.app\n"
    )


def test_a_refused_connection_is_told_to_programs_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["http://localhost:1", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["steps"]) == (False, [])
    assert told["error"].startswith("Nothing answers at http://localhost:1.")


@pytest.mark.parametrize(
    ("path", "fault", "step", "reason"),
    [
        ("client_secrets", "insufficient_quota", "mint", "found 503 upstream_quota"),
        ("client_secrets", "html", "mint", "found 502 upstream_invalid_answer"),
        ("calls", "billing_not_active_by_type", "call", "found 429 billing_not_active"),
        ("calls", "html", "call", "expected 201"),
        ("calls", "redirect", "call", "found 302"),
        ("calls", "reset", "call", "expected an answer; found"),
    ],
)
def test_a_fault_of_openai_is_named_at_its_step(
    site: Site,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    fault: str,
    step: str,
    reason: str,
) -> None:
    monkeypatch.setenv("VOICEMINT_INVITE", site.invite_link())
    faults, control = f"{site.openai_url}/_standin/faults", control_of(site)
    control.post(faults, json={"path": path, "fault": fault, "times": None}, timeout=10).raise_for_status()
    try:
        assert reason in detail_of(step, site.url, capsys)
    finally:
        control.delete(faults, timeout=10).raise_for_status()


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (answering("<html>", 500), "found 500"),
        (answering("<html>"), "none of: Content-Security-Policy, Permissions-Policy"),
        (answering({}, headers=SECURITY_HEADERS), "found application/json"),
        (
            answering("<html>", 302, {"Location": "https://elsewhere.example/?token=planted"}),
            "302 Found to https://elsewhere",
        ),
        (answering("x" * 2_000_000), "expected at most"),
    ],
    ids=["an error", "no security headers", "no HTML", "a redirect", "too large"],
)
def test_a_broken_page_is_named(
    servers: ServerThread, capsys: pytest.CaptureFixture[str], handler: Any, reason: str
) -> None:
    assert reason in detail_of("page", broken_site(servers, page=handler), capsys)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("<!doctype html>", "found <!doctype html>"),
        ([], "expected a JSON object"),
        ({"value": "ek_planted0123456789"}, "expected expires_at (int)"),
    ],
    ids=["HTML", "a list", "half a shape"],
)
def test_an_answer_to_the_mint_that_is_no_client_secret_is_named(
    servers: ServerThread, capsys: pytest.CaptureFixture[str], answer: object, reason: str
) -> None:
    url = broken_site(servers, page=answering("<html>", headers=SECURITY_HEADERS), mint=answering(answer))
    assert reason in detail_of("mint", url, capsys)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"expires_at": str(2**40)}, "expected expires_at (int)"),
        ({"expires_at": 1_600_000_000}, "Compare this machine's clock"),
        ({"value": "sk-planted0123456789"}, "starts with ek_"),
        ({"calls_url": "http://calls.example/v1/realtime/calls"}, "expected calls_url to be https"),
        ({"calls_url": "https://other.example/v1/realtime/calls"}, "expected connect-src of the page"),
    ],
    ids=["another type", "expired", "an API key", "plain http", "barred by the CSP"],
)
def test_a_client_secret_that_is_of_no_use_is_named(
    servers: ServerThread, capsys: pytest.CaptureFixture[str], changes: dict[str, object], reason: str
) -> None:
    mint = answering(client_secret(**changes))
    url = broken_site(servers, page=answering("<html>", headers=SECURITY_HEADERS), mint=mint)
    assert reason in detail_of("mint", url, capsys)


def test_a_site_that_wants_a_sign_in_says_how(servers: ServerThread, capsys: pytest.CaptureFixture[str]) -> None:
    error = {"error": {"code": "signed_out", "message": "Sign in first.", "request_id": "1"}}
    detail = detail_of("mint", broken_site(servers, mint=answering(error, 401)), capsys)
    assert "found 401 signed_out" in detail
    assert "set VOICEMINT_INVITE to a new link of scripts/invite.sh" in detail


def test_the_session_cookie_goes_to_the_site(
    servers: ServerThread, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICEMINT_SESSION", "planted")

    async def mint(request: web.Request) -> web.Response:
        code = "seen" if request.cookies == {"__session": "planted"} else "not_seen"
        return web.json_response({"error": {"code": code, "message": ""}}, status=403)

    assert "found 403 seen" in detail_of("mint", broken_site(servers, mint=mint), capsys)


def speaking(*events: object) -> Callable[[web.Request], Any]:
    """A WebSocket that sends these events once it is asked for a response, and closes."""

    async def handler(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=["realtime"])
        await socket.prepare(request)
        await socket.receive_json()
        for event in events:
            await socket.send_json(event)
        await socket.close()
        return socket

    return handler


FAILED_RESPONSE = {
    "status": "failed",
    "status_details": {"error": {"code": "insufficient_quota", "message": "Add credit."}},
}


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (answering({}, 401), "found 401"),
        (speaking(), "the WebSocket closed"),
        (speaking([]), "a server event is an object"),
        (
            speaking({"type": "error", "error": {"code": "unknown_parameter", "message": "No."}}),
            "unknown_parameter. No.",
        ),
        (speaking({"type": "response.done", "response": FAILED_RESPONSE}), "failed insufficient_quota. Add credit."),
        (
            speaking({"type": "response.done", "response": {"status": "completed"}}),
            "expected response.output_text.delta",
        ),
        (speaking({"type": "response.done"}), "KeyError"),
    ],
    ids=["refused", "closed", "no event", "an error", "a failed response", "no text", "another shape"],
)
def test_a_broken_text_turn_is_named(
    servers: ServerThread, capsys: pytest.CaptureFixture[str], handler: Any, reason: str
) -> None:
    assert reason in detail_of("text turn", site_with_calls(servers, realtime=handler), capsys)


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (answering({"error": {"code": None, "message": "Bad ek_planted0123456789."}}, 401), "[redacted]"),
        (answering("v=0\r\n", 201), "expected a Location header"),
        (answering("no SDP", 201, {"Location": "/v1/realtime/calls/rtc_1"}), "expected the documented shape"),
    ],
    ids=["refused", "no Location", "no SDP"],
)
def test_a_broken_call_is_named(
    servers: ServerThread, capsys: pytest.CaptureFixture[str], handler: Any, reason: str
) -> None:
    assert reason in detail_of("call", site_with_calls(servers, calls=handler), capsys)


def site_with_calls(servers: ServerThread, **routes: Callable[[web.Request], Any]) -> str:
    """A site that mints, and is itself what the client secret is for."""

    async def mint(request: web.Request) -> web.Response:
        return web.json_response(client_secret(calls_url=f"http://{request.host}/v1/realtime/calls"))

    return broken_site(servers, mint=mint, **routes)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"stored": 1, "object": "calls/dt=2026-11-21/other/000000-0123456789abcdef.ndjson"}, 'expected {"stored": 1'),
        ({}, 'expected {"stored": 1'),
        ("OK", "expected a JSON object"),
    ],
    ids=["another call's object", "another shape", "no JSON"],
)
def test_a_wrong_answer_of_the_log_is_named(
    servers: ServerThread, capsys: pytest.CaptureFixture[str], answer: object, reason: str
) -> None:
    assert reason in detail_of("log write", broken_site(servers, log=answering(answer)), capsys)


def test_a_log_that_keeps_both_copies_is_named(servers: ServerThread, capsys: pytest.CaptureFixture[str]) -> None:
    copies = iter("01")

    async def log(request: web.Request) -> web.Response:
        call_id = request.headers["Voicemint-Batch"].removesuffix("/0")
        name = f"calls/dt=2026-11-21/{call_id}/000000-{next(copies) * 16}.ndjson"
        return web.json_response({"stored": 1, "object": name})

    assert "The log is not idempotent" in detail_of("log write", broken_site(servers, log=log), capsys)


@pytest.mark.parametrize(
    ("arguments", "environment", "reason"),
    [
        (["http://my-site.example"], {}, "plain https URL"),
        (["ftp://localhost"], {}, "plain https URL"),
        (["https://me:secret@my-site.example"], {}, "plain https URL"),
        (["--direct"], {}, "needs the environment variable OPENAI_API_KEY"),
        (["--direct", "http://localhost:5000"], {"OPENAI_API_KEY": API_KEY}, "leave the URL out"),
        (["--direct", "--agent", "nobody"], {"OPENAI_API_KEY": API_KEY}, "no agent 'nobody'"),
        (["--direct"], {"OPENAI_API_KEY": f"{API_KEY}\n"}, "OPENAI_API_KEY holds characters"),
        ([], {"VOICEMINT_SESSION": "planted; other=1"}, "VOICEMINT_SESSION holds characters"),
        (["--nonsense"], {}, "unrecognized arguments"),
    ],
)
def test_wrong_usage_exits_with_2(
    arguments: list[str],
    environment: dict[str, str],
    reason: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("OPENAI_API_KEY", "VOICEMINT_INVITE", "VOICEMINT_SESSION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    printed = capsys.readouterr()
    assert ended.value.code == 2
    assert reason in printed.err
    assert "planted" not in printed.out + printed.err


def test_help_says_how_to_use_it() -> None:
    helped = smoke_sh("--help")
    assert helped.returncode == 0
    assert "Usage: scripts/smoke.sh [URL] [--agent NAME] [--json]" in helped.stdout


def test_a_step_that_hangs_is_cut_off_and_the_next_one_still_runs() -> None:
    async def hang(_visit: None) -> str:
        await asyncio.Event().wait()
        return "never"

    async def work(_visit: None) -> str:
        return "done"

    steps = [Step(name="first", limit_seconds=0.01, run=hang), Step(name="second", limit_seconds=5, run=work)]
    announced: list[Outcome] = []
    outcomes = asyncio.run(run_steps(steps, None, announced.append))
    assert [outcome.result for outcome in outcomes] == ["FAILED", "ok"]
    assert "expected an end within 0 s" in outcomes[0].detail
    assert announced == outcomes


def test_a_reason_is_one_short_line_without_credentials() -> None:
    failure = StepFailed(expected="this", found=f"a\nb {API_KEY} " + "x" * 1000, todo="Do that.")
    assert str(failure).startswith("expected this; found a b [redacted] xxx")
    assert len(str(failure)) < 300
    assert redact("__session=planted; Bearer planted") == "__session=[redacted]; Bearer [redacted]"
