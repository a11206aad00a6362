"""Every fault fails as its name says."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from standins.openai.faults import FAULTS

from .conftest import API_KEY

pytestmark = pytest.mark.asyncio

MINT = "/v1/realtime/client_secrets"
ERRORS = {
    "invalid_api_key": (401, "invalid_api_key"),
    "forbidden": (403, "unsupported_country_region_territory"),
    "model_not_found": (404, "model_not_found"),
    "bad_request": (400, "unknown_parameter"),
    "rate_limited": (429, "rate_limit_exceeded"),
    "insufficient_quota": (429, "insufficient_quota"),
    "insufficient_quota_by_type": (429, None),
    "billing_not_active": (429, "billing_not_active"),
    "billing_not_active_by_type": (429, None),
    "hard_limit": (400, "billing_hard_limit_reached"),
    "server_error": (500, "server_error"),
    "unavailable": (503, "server_error"),
}
BEHAVIOURS = {"html", "wrong_json", "truncated", "huge", "redirect", "reset", "slow", "drip", "hang"}


@pytest_asyncio.fixture
async def client(origin: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(origin, headers={"Authorization": f"Bearer {API_KEY}"}) as session:
        yield session


async def arm(client: aiohttp.ClientSession, fault: str, **options: Any) -> int:
    async with client.post("/_standin/faults", json={"path": "client_secrets", "fault": fault, **options}) as answer:
        return answer.status


async def mint_status(client: aiohttp.ClientSession) -> int:
    async with client.post(MINT, json={}) as answer:
        return answer.status


async def arrived(client: aiohttp.ClientSession, number: int) -> None:
    """Wait until so many requests have reached the stand-in, answered or not."""
    async with asyncio.timeout(10):
        while True:
            async with client.get("/_standin/requests") as answer:
                if len((await answer.json())["requests"]) >= number:
                    return


async def test_every_fault_has_a_test() -> None:
    assert FAULTS.keys() == ERRORS.keys() | BEHAVIOURS


@pytest.mark.parametrize(("fault", "expected"), ERRORS.items())
async def test_an_error_answer(client: aiohttp.ClientSession, fault: str, expected: tuple[int, str | None]) -> None:
    await arm(client, fault)
    async with client.post(MINT, json={}) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == expected
    assert await mint_status(client) == 200


async def test_retry_after_is_sent_when_given(client: aiohttp.ClientSession) -> None:
    await arm(client, "rate_limited", retry_after=7, times=1)
    await arm(client, "rate_limited", times=1)
    answers = []
    for _ in range(2):
        async with client.post(MINT, json={}) as answer:
            answers.append(answer.headers.get("Retry-After"))
    assert answers == ["7", None]


async def test_html_instead_of_json(client: aiohttp.ClientSession) -> None:
    await arm(client, "html")
    async with client.post(MINT, json={}) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")


async def test_json_of_another_shape(client: aiohttp.ClientSession) -> None:
    await arm(client, "wrong_json")
    async with client.post(MINT, json={}) as answer:
        assert "value" not in await answer.json()


async def test_a_truncated_body(client: aiohttp.ClientSession) -> None:
    await arm(client, "truncated")
    async with client.post(MINT, json={}) as answer:
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_a_huge_body(client: aiohttp.ClientSession) -> None:
    await arm(client, "huge")
    async with client.post(MINT, json={}) as answer:
        assert len(await answer.content.readexactly(10_000_000)) == 10_000_000
        answer.close()


async def test_a_redirect_leads_elsewhere(client: aiohttp.ClientSession) -> None:
    await arm(client, "redirect")
    async with client.post(MINT, json={}, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "/elsewhere")


async def test_a_reset_connection(client: aiohttp.ClientSession) -> None:
    await arm(client, "reset")
    with pytest.raises(aiohttp.ClientOSError):
        await mint_status(client)


async def test_a_slow_answer_is_still_right(client: aiohttp.ClientSession) -> None:
    await arm(client, "slow", seconds=0.01)
    assert await mint_status(client) == 200


async def test_a_dripping_body_never_ends(client: aiohttp.ClientSession) -> None:
    await arm(client, "drip")
    async with client.post(MINT, json={}) as answer:
        assert [await answer.content.readexactly(1) for _ in range(2)] == [b" ", b" "]
        answer.close()


async def test_a_hanging_request_is_not_answered(client: aiohttp.ClientSession) -> None:
    await arm(client, "hang", seconds=60)
    request = asyncio.ensure_future(mint_status(client))
    await arrived(client, 1)
    await arm(client, "server_error", times=1)
    assert await mint_status(client) == 500
    assert not request.done()
    request.cancel()


async def test_faults_hold_for_their_path_and_times(client: aiohttp.ClientSession) -> None:
    await arm(client, "unavailable", times=2)
    async with client.get("/v1/models") as models:
        assert models.status == 200
    assert [await mint_status(client) for _ in range(3)] == [503, 503, 200]


async def test_a_fault_for_every_path_stays_until_cleared(client: aiohttp.ClientSession) -> None:
    await arm(client, "unavailable", path="*", times=None)
    statuses = [await mint_status(client) for _ in range(3)]
    async with client.delete("/_standin/faults"):
        assert (statuses, await mint_status(client)) == ([503, 503, 503], 200)


@pytest.mark.parametrize("options", [{"fault": "nonsense"}, {"path": "nowhere"}, {"times": 0}, {"seconds": "x"}])
async def test_refuses_a_fault_it_does_not_know(client: aiohttp.ClientSession, options: dict[str, Any]) -> None:
    assert await arm(client, **{"fault": "html", **options}) == 400
