"""What OpenAI does not say: an answer that never begins, a refusal that names nothing, tools without arguments."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect
from standins.local.site import Site

from .conftest import ALLOWED_WHEN_CONNECTED, OpenPage, never_after, never_later_than
from .openai_control import OpenAIControl
from .talker import Talker

CUT = "() => live.close() ?? live.dispatchEvent(new Event('connectionstatechange'))"
ANOTHER_ASKS_FIRST = """
() => {
  channel.send(JSON.stringify({ type: "response.create" }));
  document.querySelector("form.composer").requestSubmit();
}
"""
THE_OTHER_IS_CANCELLED = """() => channel.send(JSON.stringify({ type: "response.cancel" }))"""
ANSWERED_WITHIN_MILLISECONDS = 12_000
SETTLED_MILLISECONDS = 1_500  # after which the page keeps its files on the device, the Agents SDK's among them
SDK = "**/assets/agents-sdk-*.js"
TWO_TOOLS = [{"name": "local_time"}, {"name": "display_text", "arguments": {"text": "1 Main Street"}}]
STORY = "Once upon a time there was a lighthouse, and in it lived a man who never slept. " * 8


@pytest.fixture(params=["site", "unified_site"])
def either_site(request: pytest.FixtureRequest) -> Site:
    """Calls that the page opens with a client secret, and calls that the server opens."""
    site: Site = request.getfixturevalue(request.param)
    return site


@pytest.fixture
def openai(either_site: Site) -> Any:
    control = OpenAIControl.of(either_site)
    yield control
    control.clear()


@pytest.fixture
def talker(open_page: OpenPage, either_site: Site, openai: OpenAIControl) -> Talker:
    """In a call, after the greeting, on a page that gives up any wait in time."""
    script = never_later_than(ANSWERED_WITHIN_MILLISECONDS)
    talker = open_page(url=either_site.invite_link(), script=script, timezone_id="Asia/Tokyo")
    start_and_be_greeted(talker, openai)
    return talker


def start_and_be_greeted(talker: Talker, openai: OpenAIControl) -> None:
    openai.script({"say": "Good morning."})
    talker.start()
    talker.reads("Good morning.")
    talker.hears_it_out()


def sent(talker: Talker, type_: str) -> list[dict[str, Any]]:
    events = [line["event"] for line in talker.wire() if line["direction"] == "client"]
    return [event for event in events if event["type"] == type_]


def told(talker: Talker) -> list[tuple[str, str]]:
    """Every item that the page created, as its role and words."""
    items = [event["item"] for event in sent(talker, "conversation.item.create")]
    return [(item["role"], item["content"][0]["text"]) for item in items if item["type"] == "message"]


@pytest.mark.parametrize("lost", ["response.create", "response.created", "response.done"])
def test_after_an_answer_that_is_lost_the_next_question_is_answered(
    talker: Talker, openai: OpenAIControl, lost: str
) -> None:
    openai.spoil(lost, "drop")
    talker.write("Are you there?")
    talker.eventually(lambda: sent(talker, "response.create"), lambda asked: len(asked) == 2)
    if lost != "response.create":
        talker.reads("You said: Are you there?")
    openai.script({"say": "I am back."})
    talker.write("Hello?")
    talker.reads("I am back.")


def test_after_a_held_turn_that_is_not_answered_the_next_one_is(
    open_page: OpenPage, either_site: Site, openai: OpenAIControl, microphone: Callable[..., Path]
) -> None:
    script = never_later_than(ANSWERED_WITHIN_MILLISECONDS)
    talker = open_page(microphone((0, "Tell me a story. " * 30)), url=either_site.invite_link(), script=script)
    talker.open_sheet("Options")
    talker.page.get_by_role("radio", name="Push to talk").check()
    talker.escape_sheet()
    start_and_be_greeted(talker, openai)
    openai.spoil("response.create", "drop")
    speak(talker)
    talker.eventually(lambda: sent(talker, "response.create"), lambda asked: len(asked) == 2)
    openai.script({"heard": "Are you there?", "say": "I am back."})
    speak(talker)
    talker.reads("I am back.")


def speak(talker: Talker) -> None:
    """Holds the button until something that was said meanwhile has been sent."""
    before = talker.sent_bytes()
    talker.button("Hold to talk").hover()
    talker.page.mouse.down()
    talker.eventually(talker.sent_bytes, lambda now: now > before + 5_000)
    talker.page.mouse.up()


def test_a_refusal_that_names_no_event_is_asked_again(talker: Talker, openai: OpenAIControl) -> None:
    openai.script({"say": STORY}, {"say": "It is Tuesday."})  # the story is active until somebody cancels it
    openai.spoil("error", "unnamed")
    talker.page.get_by_role("textbox", name="Message").fill("Which day is it?")
    talker.page.evaluate(ANOTHER_ASKS_FIRST)
    (refused,) = talker.eventually(lambda: errors(talker), bool)
    talker.page.evaluate(THE_OTHER_IS_CANCELLED)
    talker.reads("It is Tuesday.")
    assert (refused["code"], refused["event_id"]) == ("conversation_already_has_active_response", None)


def errors(talker: Talker) -> list[dict[str, Any]]:
    return [line["event"]["error"] for line in talker.wire() if line["event"]["type"] == "error"]


def test_two_tools_at_once_are_answered_once_with_both_results(talker: Talker, openai: OpenAIControl) -> None:
    openai.script({"tools": TWO_TOOLS, "say": "There it is."})
    talker.write("Where and when?")
    assert_both_results_are_answered_once(talker)


def test_two_tools_at_once_are_answered_once_although_the_agents_sdk_comes_late(
    open_page: OpenPage, either_site: Site, openai: OpenAIControl
) -> None:
    held: list[Route] = []
    talker = open_page(url="about:blank", script=never_after(SETTLED_MILLISECONDS))
    talker.page.route(SDK, lambda route: held.append(route))
    talker.enter(either_site.invite_link())
    start_and_be_greeted(talker, openai)
    openai.script({"tools": TWO_TOOLS, "say": "There it is."})
    talker.write("Where and when?")
    talker.eventually(lambda: heard(talker, "response.done"), lambda count: count == 2)
    talker.eventually(lambda: held, bool)
    assert len(sent(talker, "response.create")) == 2  # the greeting's and the question's
    held[0].continue_()
    assert_both_results_are_answered_once(talker)


def assert_both_results_are_answered_once(talker: Talker) -> None:
    talker.reads("There it is.")
    talker.hears_it_out()
    creates = [event["type"] for event in sent_in_order(talker)][-4:]
    assert creates == ["response.create", *["conversation.item.create"] * 2, "response.create"]
    assert len(sent(talker, "response.create")) == 3  # the greeting's, the question's, and the results'


def sent_in_order(talker: Talker) -> list[dict[str, Any]]:
    events = [line["event"] for line in talker.wire() if line["direction"] == "client"]
    return [event for event in events if event["type"] in ("response.create", "conversation.item.create")]


def test_a_tool_with_empty_arguments_runs_and_is_answered(talker: Talker, openai: OpenAIControl) -> None:
    openai.script({"tool": {"name": "local_time", "arguments": ""}})
    openai.spoil("response.output_item.done", "omit", fields=["item.status", "event_id"])
    talker.write("How late is it?")
    talker.reads("time zone Asia/Tokyo")


def test_a_new_session_is_told_what_was_interrupted(talker: Talker, openai: OpenAIControl) -> None:
    openai.script({"say": STORY})
    talker.write("Tell me a story.")
    talker.reads("Once upon a time")
    talker.button("Stop the answer").click()
    expect(talker.transcript.get_by_text("Interrupted")).to_have_count(1)
    with talker.sees("Reconnecting"):
        talker.page.evaluate(CUT)
    expect(talker.status).to_have_text("Connected")
    (story,) = [words for role, words in told(talker) if role == "assistant" and words.startswith("Once upon")]
    assert story.endswith("(interrupted)")
    assert len(story) < len(STORY)


def test_a_spoken_turn_whose_words_never_came_is_shown_and_asked_for_again(
    open_page: OpenPage, either_site: Site, openai: OpenAIControl, microphone: Callable[..., Path]
) -> None:
    openai.script({"say": "Good morning."})
    for end in ("delta", "completed"):
        openai.spoil(f"conversation.item.input_audio_transcription.{end}", "drop", times=None)
    wav = microphone((6, "Tell me a story"))
    talker = open_page(wav, url=either_site.invite_link(), script=ALLOWED_WHEN_CONNECTED)
    talker.open_sheet("Options")
    talker.page.get_by_role("radio", name="When I ask").check()
    talker.escape_sheet()
    talker.start()
    talker.reads("Good morning.")
    talker.eventually(lambda: heard(talker, "input_audio_buffer.committed"), bool)
    openai.script({"say": "Say it again, please."})
    talker.page.evaluate(CUT)
    talker.reads("This could not be understood.", "Say it again, please.")
    assert [role for role, words in told(talker) if "could not be understood" in words] == ["system"]


def heard(talker: Talker, type_: str) -> int:
    return sum(line["event"]["type"] == type_ for line in talker.wire())
