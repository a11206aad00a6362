"""The items of a session in their order."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from standins.openai.errors import ApiError
from standins.openai.ids import new_id
from standins.values import Json

ROOT = "root"


@dataclass
class Entry:
    """One item: what server events show of it, and what only the stand-in knows."""

    item: Json
    audio_ms: int = 0
    is_silent: bool = False
    heard: asyncio.Future[str] | None = None

    @property
    def id(self) -> str:
        return str(self.item["id"])

    @property
    def role(self) -> str | None:
        return self.item.get("role")

    def text(self) -> str:
        """Everything said, written or heard in this item, as text."""
        if self.heard is not None:
            return self.heard.result() if self.heard.done() else ""
        parts = (part.get("text") or part.get("transcript") or "" for part in self.item.get("content", []))
        return " ".join(part for part in parts if part)

    def image_urls(self) -> list[str]:
        return [part["image_url"] for part in self.item.get("content", []) if part["type"] == "input_image"]


def new_entry(item: Json) -> Entry:
    """Complete an item as the server echoes it: with an id, its object name and a status."""
    completed = {"id": new_id("item"), "object": "realtime.item", "status": "completed", **item}
    if item["type"] == "function_call":
        completed.setdefault("call_id", new_id("call"))
    return Entry(completed)


class Conversation:
    """Entries by id, in order; refuses with the codes of the API."""

    def __init__(self) -> None:
        self.id = new_id("conv")
        self._entries: dict[str, Entry] = {}
        self._order: list[str] = []

    def __iter__(self) -> Iterator[Entry]:
        return (self._entries[item_id] for item_id in self._order)

    def has_audio(self, item_id: str) -> bool:
        """Whether the item is still there with something to hear: clients may delete or truncate it meanwhile."""
        return item_id in self._entries and self._entries[item_id].audio_ms > 0

    @property
    def last_id(self) -> str | None:
        return self._order[-1] if self._order else None

    def insert(self, entry: Entry, after: str | None = None) -> str | None:
        """Add an entry at the end, or after another one (`root`: at the front); returns the id before it."""
        if entry.id in self._entries:
            message = f"Error adding item: an item with id '{entry.id}' already exists."
            raise ApiError("invalid_value", message, param="item.id")
        place = self._place(after)
        self._order.insert(place, entry.id)
        self._entries[entry.id] = entry
        return self._order[place - 1] if place else None

    def get(self, item_id: str, verb: str) -> Entry:
        """Return an entry; `verb` says in the refusal what was tried: retrieve, delete, truncate."""
        if item_id not in self._entries:
            message = f"Cannot {verb} the item: the item with id '{item_id}' does not exist."
            raise ApiError(f"item_{verb}_invalid_item_id", message)
        return self._entries[item_id]

    def delete(self, item_id: str) -> None:
        self.get(item_id, "delete")
        del self._entries[item_id]
        self._order.remove(item_id)

    def truncate(self, item_id: str, audio_end_ms: int) -> None:
        """Forget what was not heard; the transcript goes, because it cannot be cut where the audio is."""
        entry = self.get(item_id, "truncate")
        if entry.role != "assistant" or not entry.audio_ms:
            message = "Only assistant messages with audio can be truncated."
            raise ApiError("invalid_value", message, param="item_id")
        if audio_end_ms > entry.audio_ms:
            message = f"Audio content of {entry.audio_ms}ms is already shorter than {audio_end_ms}ms."
            raise ApiError("invalid_value", message, param="audio_end_ms")
        entry.audio_ms = audio_end_ms
        for part in entry.item["content"]:
            part.pop("transcript", None)

    def _place(self, after: str | None) -> int:
        if after is None:
            return len(self._order)
        if after == ROOT:
            return 0
        if after not in self._entries:
            message = f"Cannot add the item: the previous item with id '{after}' does not exist."
            raise ApiError("invalid_value", message, param="previous_item_id")
        return self._order.index(after) + 1
