"""The HTTP side, as a browser or any other client sees it."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from standins.openai import Knobs

from .calling import Caller
from .conftest import API_KEY
from .strictness import check_session

pytestmark = pytest.mark.asyncio

MINT = "/v1/realtime/client_secrets"
CALLS = "/v1/realtime/calls"
SDP = {"Content-Type": "application/sdp"}
Serve = Callable[..., Awaitable[str]]


class Clock:
    def __init__(self) -> None:
        self.now = 1_795_222_000.0

    def __call__(self) -> float:
        return self.now


def bearer(value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {value}"}


async def mint(http: aiohttp.ClientSession, **body: Any) -> dict[str, Any]:
    async with http.post(MINT, json=body) as answer:
        return dict(await answer.json())


async def test_mints_a_client_secret_as_documented(http: aiohttp.ClientSession) -> None:
    minted = await mint(http, session={"type": "realtime", "model": "gpt-realtime-2.1-mini"})
    assert minted.keys() == {"value", "expires_at", "session"}
    assert minted["value"].startswith("ek_")
    assert (minted["session"]["model"], minted["session"]["expires_at"]) == ("gpt-realtime-2.1-mini", 0)
    check_session(minted["session"])


async def test_mints_for_transcription(http: aiohttp.ClientSession) -> None:
    session = {"type": "transcription", "audio": {"input": {"transcription": {"model": "gpt-transcribe"}}}}
    minted = await mint(http, session=session)
    assert "model" not in minted["session"]
    check_session(minted["session"])


async def test_an_empty_body_mints_with_defaults(http: aiohttp.ClientSession) -> None:
    async with http.post(MINT) as answer:
        assert (answer.status, (await answer.json())["session"]["type"]) == (200, "realtime")


KEYS = [
    "",
    "Bearer",
    "Bearer nonsense",
    "Bearer sk-short",
    "Basic sk-" + "0" * 30,
    f"Bearer {API_KEY} x",
    "Bearer ek_1",
]


@pytest.mark.parametrize("authorization", KEYS)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", MINT),
        ("GET", "/v1/models"),
        ("POST", CALLS),
        ("POST", f"{CALLS}/rtc_1/hangup"),
        ("GET", "/v1/realtime"),
    ],
)
async def test_refuses_what_is_no_api_key(origin: str, method: str, path: str, authorization: str) -> None:
    headers = {"Authorization": authorization}
    async with aiohttp.request(method, origin + path, headers=headers) as answer:
        error = (await answer.json())["error"]
    assert (answer.status, error["code"]) == (401, "invalid_api_key")
    assert error.keys() == {"message", "type", "param", "code"}
    assert answer.headers["x-request-id"].startswith("req_")
    assert "sk-" not in str(error)


MINT_REFUSALS: dict[str, tuple[dict[str, Any], int, str, str | None]] = {
    "too short": (
        {"expires_after": {"anchor": "created_at", "seconds": 9}},
        400,
        "invalid_value",
        "expires_after.seconds",
    ),
    "too long": ({"expires_after": {"seconds": 7201}}, 400, "invalid_value", "expires_after.seconds"),
    "other anchor": ({"expires_after": {"anchor": "now"}}, 400, "invalid_value", "expires_after.anchor"),
    "no type": ({"session": {"model": "gpt-realtime-2.1"}}, 400, "missing_required_parameter", "session.type"),
    "beta body": ({"model": "gpt-realtime-2.1", "voice": "alloy"}, 400, "unknown_parameter", "model"),
    "unknown model": ({"session": {"type": "realtime", "model": "gpt-9"}}, 404, "model_not_found", None),
    "unknown key": ({"session": {"type": "realtime", "foo": 1}}, 400, "unknown_parameter", "session.foo"),
}


@pytest.mark.parametrize(("body", "status", "code", "param"), MINT_REFUSALS.values(), ids=MINT_REFUSALS.keys())
async def test_refuses_to_mint(
    http: aiohttp.ClientSession, body: dict[str, Any], status: int, code: str, param: str | None
) -> None:
    async with http.post(MINT, json=body) as answer:
        error = (await answer.json())["error"]
    assert (answer.status, error["code"], error["param"]) == (status, code, param)


@pytest.mark.parametrize("body", [b"{", b"[]", b"[" * 100_000])
async def test_refuses_a_body_that_is_no_object(http: aiohttp.ClientSession, body: bytes) -> None:
    async with http.post(MINT, data=body, headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 400


async def test_a_client_secret_works_until_it_expires(serve: Serve, caller: Caller) -> None:
    clock = Clock()
    origin = await serve(knobs=Knobs(clock=clock))
    offer = await caller.offer()
    async with aiohttp.ClientSession(origin, headers=bearer(API_KEY)) as http:
        minted = await mint(http, expires_after={"anchor": "created_at", "seconds": 10})
        assert minted["expires_at"] == clock.now + 10
        statuses = []
        for moment in (0.0, 9.0, 10.0):
            clock.now = 1_795_222_000.0 + moment
            headers = {**SDP, **bearer(minted["value"])}
            async with http.post(CALLS, data=offer, headers=headers) as answer:
                statuses.append(answer.status)
    assert statuses == [201, 201, 401]


@pytest.mark.parametrize("path", [MINT, CALLS])
async def test_answers_a_preflight_and_lets_a_page_read_the_answer(origin: str, path: str) -> None:
    headers = {
        "Origin": "http://localhost:5000",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-openai-agents-sdk",
    }
    async with aiohttp.request("OPTIONS", origin + path, headers=headers) as preflight:
        assert preflight.status == 204
    async with aiohttp.request("POST", origin + path) as refused:
        assert refused.status == 401
    for answer in (preflight, refused):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Allow-Methods"] == "POST"
        assert answer.headers["Access-Control-Allow-Headers"] == "authorization, content-type, x-openai-agents-sdk"
        assert answer.headers["Access-Control-Expose-Headers"] == "Location, x-request-id"


OFFER_REFUSALS = [
    "",
    "v=0",
    "not sdp",
    "v=0\r\nm=audio 9 X 0\r\nm=application 9 X 0\r\n",
    "v=0\r\nm=audio 9 UDP 96\r\n",
]


@pytest.mark.parametrize("offer", OFFER_REFUSALS)
async def test_refuses_a_bad_offer(http: aiohttp.ClientSession, offer: str) -> None:
    value = (await mint(http))["value"]
    async with http.post(CALLS, data=offer, headers={**SDP, **bearer(value)}) as answer:
        error = (await answer.json())["error"]
    assert (answer.status, error["code"]) == (400, "invalid_offer")


async def test_an_offer_must_say_that_it_is_one(http: aiohttp.ClientSession) -> None:
    value = (await mint(http))["value"]
    async with http.post(CALLS, json={"sdp": "v=0"}, headers=bearer(value)) as answer:
        assert answer.status == 400


async def test_the_session_part_must_not_be_wrapped(http: aiohttp.ClientSession, caller: Caller) -> None:
    form = aiohttp.FormData()
    form.add_field("sdp", await caller.offer(), content_type="application/sdp")
    form.add_field("session", '{"session": {"type": "realtime"}}', content_type="application/json")
    async with http.post(CALLS, data=form) as answer:
        error = (await answer.json())["error"]
    assert (answer.status, error["code"]) == (400, "missing_required_parameter")


async def test_the_parts_must_be_there(http: aiohttp.ClientSession) -> None:
    form = aiohttp.FormData()
    form.add_field("session", '{"type": "realtime"}', content_type="application/json")
    async with http.post(CALLS, data=form) as answer:
        assert (await answer.json())["error"]["param"] == "sdp"


@pytest.mark.parametrize("action", ["hangup", "accept", "reject", "refer"])
async def test_an_unknown_call_is_not_found(http: aiohttp.ClientSession, action: str) -> None:
    body = {"accept": {"type": "realtime"}, "refer": {"target_uri": "tel:+14155550123"}}.get(action)
    async with http.post(f"{CALLS}/rtc_none/{action}", json=body) as answer:
        error = (await answer.json())["error"]
    assert (answer.status, error) == (
        404,
        {
            "message": "No session found for the provided call_id",
            "type": "invalid_request_error",
            "param": "",
            "code": "call_id_not_found",
        },
    )


BETA = {"OpenAI-Beta": "realtime=v1"}


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v1/realtime/sessions", {}),
        ("/v1/realtime/transcription_sessions", {}),
        ("/v1/realtime?model=gpt-realtime-2.1", SDP),
        (MINT, BETA),
        (CALLS, BETA),
    ],
)
async def test_the_beta_is_over(http: aiohttp.ClientSession, path: str, headers: dict[str, str]) -> None:
    async with http.post(path, headers=headers) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (400, "beta_api_shape_disabled")


async def test_an_unknown_url_is_an_openai_error(http: aiohttp.ClientSession) -> None:
    async with http.get("/v1/nothing") as answer:
        assert (answer.status, (await answer.json())["error"]["type"]) == (404, "invalid_request_error")


async def test_a_phone_call_rings_and_is_accepted_once(http: aiohttp.ClientSession) -> None:
    async with http.post("/_standin/calls") as answer:
        call_id = (await answer.json())["id"]
    statuses = []
    for _ in range(2):
        async with http.post(f"{CALLS}/{call_id}/accept", json={"type": "realtime"}) as answer:
            statuses.append(answer.status)
    assert statuses == [200, 404]
    async with http.get("/_standin/calls") as answer:
        (call,) = (await answer.json())["calls"]
    assert (call["setup"], call["state"]) == ("sip", "connected")


async def test_a_phone_call_takes_no_vad_numbers(http: aiohttp.ClientSession) -> None:
    async with http.post("/_standin/calls") as answer:
        call_id = (await answer.json())["id"]
    detection = {"type": "server_vad", "threshold": 0.4}
    session = {"type": "realtime", "audio": {"input": {"turn_detection": detection}}}
    async with http.post(f"{CALLS}/{call_id}/accept", json=session) as answer:
        assert (await answer.json())["error"]["param"] == "session.audio.input.turn_detection.threshold"


async def test_the_request_log_keeps_no_credential(http: aiohttp.ClientSession) -> None:
    session = {"type": "realtime", "instructions": "Be kind."}
    value = (await mint(http, session=session))["value"]
    async with http.post(CALLS, data="v=0", headers={**SDP, **bearer(value)}):
        pass
    async with http.get("/_standin/requests") as answer:
        text = await answer.text()
        minted, called = (await answer.json())["requests"]
    assert (minted["method"], minted["path"], minted["status"]) == ("POST", MINT, 200)
    assert (minted["credential"], called["credential"]) == ("apiKeyProvided", "clientSecretProvided")
    assert minted["session_config"] == session
    assert API_KEY not in text
    assert value not in text
    async with http.delete("/_standin/requests"), http.get("/_standin/requests") as answer:
        assert (await answer.json())["requests"] == []
