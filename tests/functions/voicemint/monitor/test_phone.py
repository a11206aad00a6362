"""What a watch does for a phone call: whom it may be transferred to, and what the model is told."""

import json
import tomllib
from collections.abc import Callable
from typing import Any, cast

import pytest
from voicemint.agents.agent import Agent
from voicemint.agents.call_mode import CallMode
from voicemint.agents.phone_table import parse_phone
from voicemint.calls.call import KnownCall
from voicemint.errors import UpstreamUnavailable
from voicemint.monitor.phone import first_word, line_of, transfer, watched_config
from voicemint.openai.api import OpenAIApi

from ...phone_calls import AGENT, PHONE

LINE = parse_phone("assistant.toml", tomllib.loads(PHONE)["phone"])
TARGET = "tel:+18005550199"


class OpenAI:
    """Notes where calls are referred to."""

    def __init__(self, answer: Callable[[], bool] = lambda: True) -> None:
        self.referred: list[tuple[str, str]] = []
        self._answer = answer

    def refer(self, call_id: str, target_uri: str) -> bool:
        self.referred.append((call_id, target_uri))
        return self._answer()


def call(setup: CallMode = CallMode.PHONE) -> KnownCall:
    return KnownCall(call_id="rtc_1", person_id="p", agent="assistant", setup=setup, started_at=0, deadline=1)


def agent() -> Agent:
    return Agent(**{**tomllib.loads(AGENT), "name": "assistant", "phone": LINE})


def asked_of(openai: OpenAI, arguments: str) -> Any:
    return json.loads(transfer(cast(OpenAIApi, openai), call(), LINE, arguments))


def test_a_named_target_is_where_the_call_goes() -> None:
    openai = OpenAI()
    assert asked_of(openai, '{"to": "front-desk"}') == {"transferred": True}
    assert openai.referred == [("rtc_1", TARGET)]


@pytest.mark.parametrize("arguments", ['{"to": "tel:+19005550199"}', '{"to": "boss"}', "{}", "", "[", '{"to": 7}'])
def test_anything_else_goes_nowhere_and_the_model_is_told_the_names(arguments: str) -> None:
    openai = OpenAI()
    assert "front-desk" in asked_of(openai, arguments)["error"]
    assert openai.referred == []


def test_a_transfer_that_fails_is_told_to_the_model_and_ends_nothing() -> None:
    def fail() -> bool:
        raise UpstreamUnavailable

    assert "failed" in asked_of(OpenAI(fail), '{"to": "front-desk"}')["error"]


def test_a_call_of_a_browser_has_no_line_and_no_transfers() -> None:
    assert line_of(call(CallMode.UNIFIED), agent()) is None
    assert "tools" not in watched_config(call(CallMode.UNIFIED), agent())
    assert watched_config(call(), agent())["tools"][0]["name"] == "transfer_call"


def test_the_first_word_is_the_agents_greeting() -> None:
    message, response = first_word(agent())
    assert message["item"]["content"] == [{"type": "input_text", "text": "Greet the caller."}]
    assert response == {"type": "response.create"}
