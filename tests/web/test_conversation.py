"""A whole conversation in a real browser: heard, spoken, interrupted, typed, ended, logged."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect
from standins.local.site import Site

from .bucket import assert_stored_once
from .conftest import ALLOWED_WHEN_CONNECTED, OpenPage
from .openai_control import OpenAIControl
from .talker import Talker

STORY = "Once upon a time there was a lighthouse, and in it lived a man who never slept. " * 8
WRITE_AND_SEND_AT_ONCE = """
(words) => {
  const field = document.querySelector("#message");
  field.value = words;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.form.requestSubmit();
}
"""
Record = Callable[..., Path]


@pytest.mark.parametrize("set_up", ["site", "unified_site"], ids=["client-secret", "unified"])
def test_a_conversation_from_the_greeting_to_the_bucket(
    open_page: OpenPage, set_up: str, request: pytest.FixtureRequest, microphone: Record
) -> None:
    site: Site = request.getfixturevalue(set_up)
    OpenAIControl.of(site).script(
        {"say": "Good morning."},
        {"heard": "Tell me a story.", "say": STORY},
        {"heard": "Stop, please.", "say": "I stopped."},
        {"say": "You wrote to me."},
    )
    wav = microphone((5, "Tell me a story"), (5, "Stop please, stop"))
    talker = open_page(wav, url=site.invite_link(), script=ALLOWED_WHEN_CONNECTED)

    talker.start()
    talker.hears_something()
    talker.reads("Good morning.", "Tell me a story.", "Once upon a time", "Stop, please.", "I stopped.")
    expect(talker.transcript.get_by_text("Interrupted")).to_have_count(1)
    talker.write("I write instead")
    talker.reads("I write instead", "You wrote to me.")
    talker.hears_it_out()
    talker.end()

    assert_stored_once(talker, site.bucket)
    talker.assert_policy_kept()


def test_typed_words_interrupt_the_answer(open_page: OpenPage, openai: OpenAIControl) -> None:
    openai.script({"say": STORY}, {"say": "Something shorter, then."})
    talker = open_page()
    talker.start()
    talker.reads("Once upon a time")
    talker.write("Shorter!")
    talker.reads("Shorter!", "Something shorter, then.")
    expect(talker.transcript.get_by_text("Interrupted")).to_have_count(1)


def test_words_that_are_sent_before_the_page_has_drawn_them_are_said(
    open_page: OpenPage, openai: OpenAIControl
) -> None:
    openai.script({"say": "Good morning."}, {"say": "It is Tuesday."})
    talker = open_page()
    talker.start()
    talker.reads("Good morning.")
    talker.page.evaluate(WRITE_AND_SEND_AT_ONCE, "Which day is it?")
    talker.reads("Which day is it?", "It is Tuesday.")


def test_words_typed_before_the_call_is_open_are_the_first_said(open_page: OpenPage, openai: OpenAIControl) -> None:
    openai.script({"say": "Good question."})
    talker = open_page()
    held: list[Route] = []
    talker.page.route("**/realtime/calls", lambda route: held.append(route))
    talker.button("Start talking").click()
    talker.write("What is a lighthouse?")
    talker.eventually(lambda: held, bool)
    held[0].continue_()
    talker.reads("What is a lighthouse?", "Good question.")
    said = [event["type"] for event in sent(talker)]
    assert said == ["conversation.item.create", "response.create"]


def test_a_message_too_long_for_the_call_is_said_in_words_and_not_sent(
    open_page: OpenPage, openai: OpenAIControl
) -> None:
    openai.script({"say": "Hello."})
    talker = open_page()
    talker.start()
    talker.reads("Hello.")
    talker.write("é" * 40_000)
    expect(talker.page.get_by_text("too long")).to_be_visible()
    talker.write("Short")
    expect(talker.page.get_by_text("too long")).to_be_hidden()
    talker.reads("Short")
    assert "é" not in json.dumps(sent(talker), ensure_ascii=False)


def test_a_message_is_written_in_its_own_direction(open_page: OpenPage) -> None:
    talker = open_page()
    talker.start()
    message = talker.page.get_by_role("textbox", name="Message")
    for words, direction in (("مرحبا", "rtl"), ("Hello", "ltr")):
        message.fill(words)
        expect(message).to_have_css("direction", direction)


def test_an_answer_that_ends_early_says_why(open_page: OpenPage, openai: OpenAIControl) -> None:
    openai.script({"say": "Good morning."})
    talker = open_page()
    talker.start()
    talker.hears_it_out()
    for number, (reason, words) in enumerate(ENDS_EARLY.items()):
        answer = {"id": f"resp_early_{number}", "status": "incomplete", "status_details": {"reason": reason}}
        talker.page.evaluate(RECEIVE, {"type": "response.done", "response": answer})
        expect(talker.transcript.get_by_text(words, exact=True)).to_be_visible()


ENDS_EARLY = {
    "content_filter": "A content filter stopped the answer.",
    "max_output_tokens": "The answer was cut short: it was too long.",
    "another reason": "The answer was cut short.",
}
RECEIVE = """
(event) => channel.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(event) }))
"""


def test_mute_sends_nothing_at_all(open_page: OpenPage) -> None:
    talker = open_page()
    talker.page.clock.install()
    talker.start()
    talker.eventually(talker.sent_bytes, lambda bytes_sent: bytes_sent > 0)
    talker.button("Mute").click()
    expect(talker.button("Mute")).to_have_attribute("aria-pressed", "true")
    talker.page.clock.fast_forward("00:05")  # until then it is silence that is sent
    is_silent(talker)
    talker.button("Mute").click()
    silent = talker.sent_bytes()
    talker.eventually(talker.sent_bytes, lambda bytes_sent: bytes_sent > silent)


def test_end_stops_the_microphone_and_the_call(open_page: OpenPage, openai: OpenAIControl) -> None:
    talker = open_page()
    talker.start()
    talker.eventually(openai.live_calls, lambda live: len(live) == 1)
    talker.end()
    talker.eventually(openai.live_calls, lambda live: live == [])
    assert talker.page.evaluate("() => live.getSenders().map(({ track }) => track?.readyState)") == ["ended"]


def test_the_keyboard_alone_is_enough(open_page: OpenPage, openai: OpenAIControl) -> None:
    openai.script({"say": "Hello."}, {"say": "Typed and heard."})
    talker = open_page()
    press_until(talker, "Tab", talker.button("Start talking"))
    talker.page.keyboard.press("Enter")
    expect(talker.status).to_have_text("Connected")
    press_until(talker, "Shift+Tab", talker.page.get_by_role("textbox", name="Message"))
    talker.page.keyboard.type("Hello?")
    talker.page.keyboard.press("Enter")
    talker.reads("Typed and heard.")
    press_until(talker, "Tab", talker.button("End"))
    talker.page.keyboard.press("Space")
    expect(talker.status).to_have_text("Call ended")


def is_silent(talker: Talker) -> None:
    """Waits until no byte of sound leaves for half a second."""

    def growth() -> int:
        before = talker.sent_bytes()
        talker.page.wait_for_timeout(500)
        return talker.sent_bytes() - before

    talker.eventually(growth, lambda grown: grown == 0)


def press_until(talker: Talker, key: str, wanted: Any) -> None:
    for _ in range(20):
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
        talker.page.keyboard.press(key)
    raise AssertionError(f"{key} never reached {wanted}")


def sent(talker: Talker) -> list[dict[str, Any]]:
    return [line["event"] for line in talker.wire() if line["direction"] == "client"]
