"""What the tests of more than one stand-in need."""

from typing import Any

import aiohttp
import pytest
from yarl import URL


@pytest.fixture
def asked_hosts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts that this process asks by aiohttp, as the stand-ins do."""
    asked: list[str] = []
    ask = aiohttp.ClientSession._request

    async def noting(session: aiohttp.ClientSession, method: str, url: str | URL, **options: Any) -> Any:
        asked.append(session._build_url(url).host or "")
        return await ask(session, method, url, **options)

    monkeypatch.setattr(aiohttp.ClientSession, "_request", noting)
    return asked
