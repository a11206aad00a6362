from typing import Any

import pytest
from voicemint.monitor.session_guard import MAX_CORRECTIONS, SessionGuard

TOOL = {"type": "function", "name": "current_time", "description": "The time.", "parameters": {"type": "object"}}
HEARD: dict[str, Any] = {"noise_reduction": {"type": "near_field"}, "transcription": {"model": "gpt-transcribe"}}
DETECTION = {"type": "semantic_vad", "eagerness": "auto"}
WORDS: dict[str, Any] = {"instructions": "Be kind.\nBe brief.", "tools": [TOOL]}
CONFIG: dict[str, Any] = {
    "type": "realtime",
    "model": "gpt-realtime-2.1",
    "output_modalities": ["audio"],
    "audio": {"input": {**HEARD, "turn_detection": DETECTION}, "output": {"voice": "marin"}},
    **WORDS,
}
# As OpenAI reports it: with the fields that nobody sent.
TOLD: dict[str, Any] = {
    **CONFIG,
    "id": "sess_1",
    "max_output_tokens": "inf",
    "tool_choice": "auto",
    "truncation": "auto",
    "prompt": None,
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "noise_reduction": {"type": "near_field"},
            "transcription": {"model": "gpt-transcribe", "language": None},
            "turn_detection": {**DETECTION, "create_response": True},
        },
        "output": {"voice": "marin", "speed": 1.0},
    },
}
REST = {
    "output_modalities": ["audio"],
    "audio": {"input": HEARD},
    "max_output_tokens": "inf",
    "tool_choice": "auto",
    "truncation": "auto",
}


def updated(**changes: Any) -> dict[str, Any]:
    return {"type": "session.updated", "session": {**TOLD, **changes}}


def heard(**changes: Any) -> dict[str, Any]:
    audio = {**TOLD["audio"], "input": {**TOLD["audio"]["input"], **changes}}
    return updated(audio=audio)


def voice(voice: object) -> dict[str, Any]:
    return updated(audio={**TOLD["audio"], "output": {"voice": voice}})


def update(session: dict[str, Any]) -> dict[str, Any]:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


@pytest.fixture
def guard() -> SessionGuard:
    """One that has heard OpenAI report the session as it was sent."""
    guard = SessionGuard(CONFIG)
    assert guard.put_right(updated()) == ()
    return guard


@pytest.mark.parametrize(
    "event",
    [
        updated(instructions=" Be kind. Be brief.\n"),
        updated(tools=[{**TOOL, "strict": None}]),
        voice("cedar"),
        heard(turn_detection=None),
        heard(turn_detection={**DETECTION, "create_response": False}),
        updated(expires_at=1),
        {"type": "session.updated", "session": WORDS},
        {"type": "session.created", "session": {}},
    ],
    ids=[
        "other white space",
        "a field of OpenAI's",
        "another of our voices",
        "push to talk",
        "on request",
        "something that nobody sent",
        "a report of the words alone",
        "another event",
    ],
)
def test_what_is_still_the_agents_is_let_be(guard: SessionGuard, event: dict[str, Any]) -> None:
    assert guard.put_right(event) == ()
    assert guard.corrections == 0


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
def test_another_instruction_or_tool_is_put_right(guard: SessionGuard, changes: dict[str, Any]) -> None:
    assert guard.put_right(updated(**changes)) == (update(WORDS),)


def test_a_report_without_a_session_is_answered_with_the_agents_words(guard: SessionGuard) -> None:
    assert guard.put_right({"type": "session.updated"}) == (update(WORDS),)


@pytest.mark.parametrize(
    "event",
    [
        heard(transcription={"model": "gpt-4o-transcribe", "language": None}),
        heard(transcription=None),
        heard(noise_reduction=None),
        updated(max_output_tokens=1),
        updated(output_modalities=["text"]),
        updated(tool_choice="none"),
        updated(truncation="disabled"),
    ],
    ids=["transcription", "no transcription", "noise", "length", "text", "no tools", "truncation"],
)
def test_the_rest_of_what_was_sent_is_put_right_too(guard: SessionGuard, event: dict[str, Any]) -> None:
    assert guard.put_right(event) == (update(REST),)
    assert guard.put_right(event) == (update(REST),)
    assert guard.corrections == 2


def test_a_voice_that_is_none_of_ours_is_put_right_by_an_event_of_its_own(guard: SessionGuard) -> None:
    changed = voice({"id": "voice_stolen"})
    changed["session"]["instructions"] = "Be rude."
    assert guard.put_right(changed) == (update(WORDS), update({"audio": {"output": {"voice": "marin"}}}))


def test_what_a_page_changed_before_anybody_watched_is_put_right() -> None:
    guard = SessionGuard(CONFIG)
    assert guard.put_right(updated(max_output_tokens=1)) == (update(REST),)
    assert guard.put_right(updated()) == ()
    assert guard.put_right(updated(max_output_tokens=1)) == (update(REST),)


def test_what_openai_spells_in_its_own_way_is_put_right_once_and_ends_no_call() -> None:
    guard = SessionGuard(CONFIG)
    spelt = heard(transcription={"model": "gpt-transcribe-2026-11-01"})
    assert [len(guard.put_right(spelt)) for _ in range(20)] == [1] + [0] * 19
    assert guard.holds
    assert guard.put_right(updated(max_output_tokens=1))


def test_it_puts_right_and_loses_patience(guard: SessionGuard) -> None:
    for _ in range(MAX_CORRECTIONS):
        guard.put_right(updated(instructions="Be rude."))
        assert guard.holds
    guard.put_right(updated(max_output_tokens=1))
    assert not guard.holds
