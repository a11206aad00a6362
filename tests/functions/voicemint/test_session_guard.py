from typing import Any

import pytest
from voicemint.session_guard import MAX_CORRECTIONS, SessionGuard

TOOL = {"type": "function", "name": "current_time", "description": "The time.", "parameters": {"type": "object"}}
CONFIG = {"instructions": "Be kind.\nBe brief.", "tools": [TOOL]}
OURS: dict[str, Any] = {"instructions": "Be kind.\nBe brief.", "tools": [TOOL]}


def updated(**changes: Any) -> dict[str, Any]:
    return {"type": "session.updated", "session": {**OURS, **changes}}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"instructions": " Be kind. Be brief.\n"},
        {"tools": [{**TOOL, "strict": None}]},
        {"voice": "cedar"},
    ],
    ids=["as it is", "other white space", "a field of OpenAI's", "something else"],
)
def test_what_is_still_the_agents_is_let_be(changes: dict[str, Any]) -> None:
    assert not SessionGuard(CONFIG).is_changed(updated(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"instructions": "Be rude."},
        {"instructions": "Be kind."},
        {"instructions": None},
        {"tools": []},
        {"tools": None},
        {"tools": [TOOL, TOOL]},
        {"tools": [{**TOOL, "description": "Everything."}]},
        {"tools": [{"type": "mcp", "server_label": "x", "server_url": "https://evil.example"}]},
        {"tools": ["x"]},
        {"tools": 7},
    ],
    ids=str,
)
def test_another_instruction_or_tool_is_seen(changes: dict[str, Any]) -> None:
    assert SessionGuard(CONFIG).is_changed(updated(**changes))


def test_other_events_say_nothing() -> None:
    assert not SessionGuard(CONFIG).is_changed({"type": "session.created", "session": {}})
    assert SessionGuard(CONFIG).is_changed({"type": "session.updated"})


def test_it_puts_right_and_loses_patience() -> None:
    guard = SessionGuard(CONFIG)
    for _ in range(MAX_CORRECTIONS):
        assert guard.correct()["session"] == {"type": "realtime", **OURS}
        assert guard.holds
    guard.correct()
    assert not guard.holds
