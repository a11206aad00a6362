"""What the stand-in's tests share: a session without transport, a served stand-in and the real openai client."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from openai import AsyncOpenAI
from standins.openai import create_app
from standins.serving import serving

from .calling import Caller
from .listening import Listener
from .talking import Hearing, Talk, hum

API_KEY = "sk-test" + "0" * 30


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest_asyncio.fixture
async def start_talk(listener: Listener) -> AsyncIterator[Callable[..., Talk]]:
    """Start a session without transport; arguments are what is heard, and knobs."""
    talks: list[Talk] = []

    def start(**arguments: Any) -> Talk:
        talks.append(Talk(listener, **arguments))
        talks[-1].session.start()
        return talks[-1]

    yield start
    for talk in talks:
        await talk.session.close()


@pytest_asyncio.fixture
async def talk(start_talk: Callable[..., Talk]) -> Talk:
    return start_talk()


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Serve a stand-in that hums instead of speaking; returns its origin."""
    async with AsyncExitStack() as stack:

        async def start(**arguments: Any) -> str:
            app = create_app(**{"hearing": Hearing(), "synthesize": hum, **arguments})
            return await stack.enter_async_context(serving(app))

        yield start


@pytest_asyncio.fixture
async def origin(serve: Callable[..., Awaitable[str]]) -> str:
    return await serve()


@pytest_asyncio.fixture
async def openai_client(origin: str) -> AsyncIterator[AsyncOpenAI]:
    async with client_for(origin) as client:
        yield client


@pytest_asyncio.fixture
async def http(origin: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(origin, headers={"Authorization": f"Bearer {API_KEY}"}) as session:
        yield session


@pytest_asyncio.fixture
async def caller() -> AsyncIterator[Caller]:
    """A peer with a microphone and a data channel, not yet dialled."""
    caller = Caller()
    yield caller
    await caller.close()


def client_for(origin: str, api_key: str = API_KEY) -> AsyncOpenAI:
    return AsyncOpenAI(api_key=api_key, base_url=f"{origin}/v1", max_retries=0)
