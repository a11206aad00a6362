"""Whose turn it is: the agent's at each pause, at a button, or while a button is held; and the microphone's state."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, expect

from .conftest import ALLOWED_WHEN_CONNECTED, OpenPage
from .openai_control import OpenAIControl
from .talker import Talker

Record = Callable[..., Path]
STORY = "Once upon a time there was a lighthouse, and in it lived a man who never slept. " * 8


def choose(talker: Talker, mode: str) -> None:
    talker.button("Options").click()
    talker.page.get_by_role("radio", name=mode).check()
    talker.escape_sheet()


def sent_types(talker: Talker) -> list[str]:
    return [line["event"]["type"] for line in talker.wire() if line["direction"] == "client"]


def hold(talker: Talker, button: Locator) -> None:
    button.hover()  # when it does not move any more
    talker.page.mouse.down()


def test_push_to_talk_hears_what_is_said_while_the_button_is_held(
    open_page: OpenPage, openai: OpenAIControl, microphone: Record
) -> None:
    openai.script({"say": "Good morning."}, {"heard": "Tell me a story.", "say": "Once upon a time."})
    talker = open_page(microphone((0, "Tell me a story. " * 12)))
    choose(talker, "Push to talk")
    talker.start()
    talker.reads("Good morning.")
    talker.hears_it_out()
    assert "input_audio_buffer.commit" not in sent_types(talker)  # it has been spoken all the time, to nobody

    silent = talker.sent_bytes()
    hold(talker, talker.button("Hold to talk"))
    expect(talker.button("Release to send")).to_be_visible()
    talker.eventually(talker.sent_bytes, lambda sent: sent > silent + 5_000)
    talker.page.mouse.up()
    talker.reads("Tell me a story.", "Once upon a time.")
    assert sent_types(talker).count("input_audio_buffer.commit") == 1


def test_the_space_bar_holds_too(open_page: OpenPage, openai: OpenAIControl, microphone: Record) -> None:
    openai.script({"say": "Good morning."}, {"heard": "Stop.", "say": "I stopped."})
    talker = open_page(microphone((0, "Tell me a story. " * 12)))
    choose(talker, "Push to talk")
    talker.start()
    talker.reads("Good morning.")
    silent = talker.sent_bytes()
    talker.page.locator("body").press("Tab")
    talker.page.evaluate("() => document.activeElement?.blur()")
    talker.page.keyboard.down("Space")
    talker.eventually(talker.sent_bytes, lambda sent: sent > silent + 5_000)
    talker.page.keyboard.up("Space")
    talker.reads("I stopped.")


def test_on_request_it_listens_and_answers_at_the_button(
    open_page: OpenPage, openai: OpenAIControl, microphone: Record
) -> None:
    openai.script({"say": "Good morning."}, {"heard": "Tell me a story.", "say": "Once upon a time."})
    talker = open_page(microphone((6, "Tell me a story")), script=ALLOWED_WHEN_CONNECTED)
    choose(talker, "When I ask")
    talker.start()
    talker.reads("Good morning.", "Tell me a story.")
    assert sent_types(talker).count("response.create") == 1  # the greeting's
    talker.button("Answer now").click()
    talker.reads("Once upon a time.")


def test_a_mode_changes_nothing_but_turn_detection(open_page: OpenPage) -> None:
    talker = open_page()
    talker.start()
    choose(talker, "Push to talk")
    choose(talker, "Hands-free")
    updates = talker.eventually(lambda: session_updates(talker), lambda found: len(found) == 2)
    assert [set(update) for update in updates] == [{"type", "audio"}] * 2
    assert updates[0]["audio"] == {"input": {"turn_detection": None}}
    restored = updates[1]["audio"]["input"]["turn_detection"]
    assert restored["type"] == "semantic_vad"


def session_updates(talker: Talker) -> list[dict[str, dict[str, dict[str, dict[str, str] | None]]]]:
    sent = [line["event"] for line in talker.wire() if line["direction"] == "client"]
    return [event["session"] for event in sent if event["type"] == "session.update"]


def test_an_answer_can_be_stopped(open_page: OpenPage, openai: OpenAIControl) -> None:
    openai.script({"say": STORY})
    talker = open_page()
    talker.start()
    talker.reads("Once upon a time")
    talker.button("Stop the answer").click()
    expect(talker.transcript.get_by_text("Interrupted")).to_have_count(1)


def test_the_mode_is_kept_on_this_device(open_page: OpenPage) -> None:
    talker = open_page()
    choose(talker, "When I ask")
    talker.reload()
    talker.button("Options").click()
    expect(talker.page.get_by_role("radio", name="When I ask")).to_be_checked()
