"""A reader of server events that checks each one."""

import asyncio
import json
from collections.abc import Callable

from .strictness import Event, check_event

WAIT_SECONDS = 30.0  # a recogniser that is started on a busy machine takes more than ten


class Listener:
    """A sink that keeps every event; also what a test sends through."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.closed_with: int | None = None
        self._changed = asyncio.Event()

    def send(self, message: str) -> None:
        event = json.loads(message)
        check_event(event)
        self.events.append(event)
        self._changed.set()

    def close(self, code: int) -> None:
        self.closed_with = code
        self._changed.set()

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def all(self, type_: str) -> list[Event]:
        return [event for event in self.events if event["type"] == type_]

    def last(self, type_: str) -> Event:
        return self.all(type_)[-1]

    def clear(self) -> None:
        self.events.clear()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the events so far fulfil the condition."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def wait_for(self, type_: str, count: int = 1) -> Event:
        """Wait for the `count`-th event of a type and return it."""
        await self.until(lambda: len(self.all(type_)) >= count)
        return self.all(type_)[count - 1]

    def said(self) -> str:
        """The transcript or text of the last response."""
        item = self.last("response.done")["response"]["output"][-1]
        return str(item["content"][0].get("transcript") or item["content"][0].get("text"))
