"""Keeps a call's session what the agent's file says, where the server opened the call.

The browser's data channel accepts `session.update` whatever the server wants; but OpenAI tells every connection of the
call of it, so the sideband sees it and puts it right. What a client writes into a single `response.create` is not told.

Instructions and tools are always held. The rest is held as far as OpenAI reports it as it was sent: what it spells in
its own way cannot be told from a change, and is put right once and then let be. Turn detection is the person's to
choose (hands-free, push-to-talk, on request), and so is the voice, among those there are.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from voicemint.agents.agent import VOICES

MAX_CORRECTIONS = 5
# What no agent's file changes, and a page could: OpenAI's own defaults.
DEFAULTS: Mapping[str, Any] = {"max_output_tokens": "inf", "tool_choice": "auto", "truncation": "auto"}
VOICE = ("audio", "output", "voice")

Event = dict[str, Any]
Path = tuple[str, ...]


class SessionGuard:
    """For one call. `config` is the session config that the call was opened with."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._instructions: str = config["instructions"]
        self._tools: list[dict[str, Any]] = config.get("tools", [])
        self._rest = _held(config)
        self._voice = _at(config, VOICE)
        self._reported_as_sent: set[Path] = set()
        self._put_right_once: set[Path] = set()
        self.corrections = 0

    @property
    def update(self) -> Event:
        """The event that puts instructions and tools right."""
        return _update({"instructions": self._instructions, "tools": self._tools})

    def put_right(self, event: Event) -> tuple[Event, ...]:
        """What to send where an event of OpenAI's says that the session is not the agent's; counted.

        Several events: OpenAI refuses one as a whole, and a voice that was heard cannot be changed any more.
        """
        if event.get("type") != "session.updated":
            return ()
        told = event.get("session")
        told = told if isinstance(told, dict) else {}
        updates = [self.update] if self._are_words_changed(told) else []
        updates += [_update(self._rest)] if self._is_rest_changed(told) else []
        if _is_foreign(_at(told, VOICE)):
            updates.append(_update({"audio": {"output": {"voice": self._voice}}}))
        self.corrections += bool(updates)
        return tuple(updates)

    @property
    def holds(self) -> bool:
        """False where a client does not let go."""
        return self.corrections <= MAX_CORRECTIONS

    def _are_words_changed(self, told: Mapping[str, Any]) -> bool:
        return _words(told.get("instructions")) != _words(self._instructions) or not self._are_ours(told.get("tools"))

    def _is_rest_changed(self, told: Mapping[str, Any]) -> bool:
        seen = {path: _at(told, path) == value for path, value in _leaves(self._rest) if _is_told(told, path)}
        self._reported_as_sent.update(path for path, is_ours in seen.items() if is_ours)
        others = {path for path, is_ours in seen.items() if not is_ours}
        changed = others & self._reported_as_sent or others - self._put_right_once
        self._put_right_once |= others
        return bool(changed)

    def _are_ours(self, tools: object) -> bool:
        """Exactly ours; OpenAI may add fields of its own to each."""
        if not tools:
            return not self._tools
        return (
            isinstance(tools, list)
            and len(tools) == len(self._tools)
            and all(any(_has(tool, ours) for tool in tools) for ours in self._tools)
        )


def _update(session: Mapping[str, Any]) -> Event:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


def _held(config: Mapping[str, Any]) -> dict[str, Any]:
    """What is held of a config besides its words."""
    heard = {key: value for key, value in config.get("audio", {}).get("input", {}).items() if key != "turn_detection"}
    modalities = {key: config[key] for key in ("output_modalities",) if key in config}
    return {**DEFAULTS, **modalities, "audio": {"input": heard}}


def _leaves(value: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    for key, item in value.items():
        if isinstance(item, Mapping):
            yield from _leaves(item, (*path, key))
        else:
            yield (*path, key), item


def _at(value: Any, path: Path) -> Any:
    """None where there is nothing of that name."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _is_told(value: Any, path: Path) -> bool:
    """Whether OpenAI reports it: what is in a group that is null is, as nothing."""
    for key in path:
        if not isinstance(value, Mapping):
            return True
        if key not in value:
            return False
        value = value[key]
    return True


def _is_foreign(voice: object) -> bool:
    return voice is not None and voice not in VOICES


def _has(tool: object, fields: dict[str, Any]) -> bool:
    return isinstance(tool, dict) and all(tool.get(name) == value for name, value in fields.items())


def _words(text: object) -> list[str]:
    return text.split() if isinstance(text, str) else []
