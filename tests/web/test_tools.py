"""Tools that the page runs: the Agents SDK comes after the first sound, and the call goes on whatever becomes of it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect
from standins.local.site import Site
from standins.serving import ServerThread

from .axe import assert_accessible
from .conftest import ALLOWED_WHEN_CONNECTED, ROOT, OpenPage, never_after, site_of
from .openai_control import OpenAIControl
from .talker import Talker

QUIET_MILLISECONDS = 5_000  # without a sound the page goes on after so long
SDK = "**/assets/agents-sdk-*.js"
SDK_LOADED = """
() => performance.getEntriesByType("resource").find(({ name }) => name.includes("/assets/agents-sdk-"))?.startTime ?? 0
"""
# When the server said that it speaks, by the page's own clock.
NOTE_FIRST_SOUND = """
const createChannel = RTCPeerConnection.prototype.createDataChannel;
RTCPeerConnection.prototype.createDataChannel = function (...parameters) {
  const channel = createChannel.apply(this, parameters);
  channel.addEventListener("message", ({ data }) => {
    if (JSON.parse(data).type === "output_audio_buffer.started") window.firstSound ??= performance.now();
  });
  return channel;
};
"""


AGENTS = {
    "assistant": {"label": "Assistant", "setup": "client-secret", "handoffs": ["guide"]},
    "guide": {"label": "Guide", "setup": "client-secret", "description": "Knows museums."},
    "clerk": {"label": "Clerk", "setup": "unified", "handoffs": ["archivist"]},
    "archivist": {"label": "Archivist", "setup": "unified", "description": "Knows museums."},
}


@pytest.fixture(scope="module")
def site_of_several(servers: ServerThread, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Two pairs of agents: one is called, and may hand the call over to the other."""
    folder = tmp_path_factory.mktemp("several")
    (folder / "agents").mkdir()
    shipped = (ROOT / "functions" / "agents" / "assistant.toml").read_text().splitlines()
    for name, changes in AGENTS.items():
        kept = [line for line in shipped if not line.startswith(tuple(changes))]
        lines = [f"{key} = {json.dumps(value)}" for key, value in changes.items()]
        (folder / "agents" / f"{name}.toml").write_text("\n".join([*lines, *kept]))
    return site_of(folder, servers, PERSON_PER_MINUTE="1000", INSTANCE_PER_MINUTE="1000")


def outputs(talker: Talker) -> list[dict[str, Any]]:
    """What the model was told of the tools it called."""
    sent = [line["event"] for line in talker.wire() if line["direction"] == "client"]
    items = [event["item"] for event in sent if event["type"] == "conversation.item.create"]
    return [json.loads(item["output"]) for item in items if item["type"] == "function_call_output"]


def session_updates(talker: Talker) -> list[dict[str, Any]]:
    sent = [line["event"] for line in talker.wire() if line["direction"] == "client"]
    return [event for event in sent if event["type"] == "session.update"]


def has_the_sdk(talker: Talker) -> None:
    talker.eventually(lambda: talker.page.evaluate(SDK_LOADED), lambda at: at > 0)


def test_a_tool_runs_in_the_page_and_its_result_is_the_answer(open_page: OpenPage, either_site: Site) -> None:
    talker = open_page(url=either_site.invite_link(), timezone_id="Asia/Tokyo")
    talker.start()
    has_the_sdk(talker)
    talker.hears_it_out()
    talker.write("What is the date?")
    talker.reads("Used local_time", "time zone Asia/Tokyo")
    (told,) = outputs(talker)
    assert re.fullmatch(r"\w+,? \d+ \w+ \d{4}", told["date"])
    assert talker.transcript.get_by_text("Used local_time").count() == 1
    assert session_updates(talker) == []  # the server's instructions, voice and turn detection stay as they are
    talker.assert_policy_kept()


def test_a_spoken_request_runs_a_tool(
    open_page: OpenPage, openai: OpenAIControl, microphone: Callable[..., Path]
) -> None:
    openai.script({"say": "Good morning."}, {"heard": "Which date is it?"})
    wav = microphone((6, "Which date is it?"))
    talker = open_page(wav, script=ALLOWED_WHEN_CONNECTED, timezone_id="Africa/Nairobi")
    talker.start()
    talker.reads("Good morning.", "Which date is it?", "time zone Africa/Nairobi")
    assert len(outputs(talker)) == 1
    talker.assert_policy_kept()


def test_nothing_of_the_sdk_is_asked_for_before_the_first_sound(
    open_page: OpenPage, site: Site, openai: OpenAIControl
) -> None:
    openai.script({"say": "Good morning."})
    talker = open_page(url="about:blank", script=NOTE_FIRST_SOUND + never_after(QUIET_MILLISECONDS))
    asked: list[str] = []
    talker.context.on("request", lambda request: asked.append(request.url))  # before the worker is asked for, once
    talker.enter(site.invite_link())
    talker.page.evaluate("async () => { await navigator.serviceWorker.ready; }")  # it keeps the page's files, not these
    assert [url for url in asked if "service-worker" in url] != []
    assert [url for url in asked if "agents-sdk" in url] == []
    talker.start()
    has_the_sdk(talker)
    loaded, first_sound = talker.page.evaluate(f"() => [({SDK_LOADED})(), window.firstSound]")
    assert loaded > first_sound


def test_without_the_sdk_the_call_goes_on_and_a_tool_is_answered_in_words(
    open_page: OpenPage, openai: OpenAIControl
) -> None:
    openai.script({"say": "Good morning."})
    talker = open_page()
    talker.may_log_errors = True
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        route.fulfill(status=404, body="There is no such file.")

    talker.context.route(SDK, refuse)
    talker.start()
    talker.reads("Good morning.")
    talker.eventually(lambda: refused, lambda urls: len(urls) > 0)
    talker.hears_it_out()
    talker.write("What is the date?")
    talker.reads("Used local_time", "This tool does not work right now.")
    assert [told.keys() for told in outputs(talker)] == [{"error"}]
    talker.hears_it_out()
    talker.write("Are you there?")
    talker.reads("You said: Are you there?")
    talker.assert_policy_kept()


def test_the_assistant_displays_what_is_to_be_read(open_page: OpenPage, openai: OpenAIControl) -> None:
    text = "1 Main Street\n<b>Vienna</b>"
    openai.script(
        {"say": "Good morning."}, {"tool": {"name": "display_text", "arguments": {"text": text}}, "say": "There it is."}
    )
    talker = open_page(reduced_motion="reduce")  # half slid in, nothing has contrast
    talker.start()
    talker.reads("Good morning.")
    talker.hears_it_out()
    talker.write("Where is it?")
    sheet = talker.page.get_by_role("dialog", name="To read")
    expect(sheet).to_contain_text(text, use_inner_text=True)
    talker.reads("There it is.")
    assert outputs(talker) == [{"displayed": True}]
    assert_accessible(talker, "a text to read")
    sheet.get_by_role("button", name="Close").click()
    expect(sheet).to_have_count(0)
    talker.assert_policy_kept()


def test_what_cannot_be_displayed_is_not_told_as_displayed(open_page: OpenPage, either_site: Site) -> None:
    call = {"tool": {"name": "display_text", "arguments": {"text": "1 Main Street"}}, "say": "I will read it."}
    OpenAIControl.of(either_site).script({"say": "Good morning."}, call)
    talker = open_page(url="about:blank")
    talker.may_log_errors = True
    talker.context.route("**/assets/Note-*.js", lambda route: route.fulfill(status=404))
    talker.enter(either_site.invite_link())
    talker.start()
    talker.reads("Good morning.")
    talker.hears_it_out()
    talker.write("Where is it?")
    talker.reads("I will read it.")
    assert outputs(talker) == [{"error": "The page could not show the text. Read it aloud instead."}]
    expect(talker.page.get_by_role("dialog")).to_have_count(0)
    expect(talker.button("Reload")).to_be_visible()


def test_the_assistant_hangs_up_after_the_goodbye(open_page: OpenPage, openai: OpenAIControl) -> None:
    openai.script({"say": "Good morning."}, {"tool": {"name": "end_call"}, "say": "Goodbye, until tomorrow."})
    talker = open_page()
    talker.start()
    talker.reads("Good morning.")
    talker.hears_it_out()
    talker.write("I am done.")
    talker.reads("Goodbye, until tomorrow.")
    expect(talker.status).to_have_text("Call ended")
    expect(talker.alert).to_contain_text("The assistant ended the call")


def test_after_a_cut_the_tools_are_there_again(open_page: OpenPage, openai: OpenAIControl) -> None:
    openai.script({"say": "Good morning."})
    talker = open_page(timezone_id="Asia/Tokyo")
    talker.start()
    talker.reads("Good morning.")
    has_the_sdk(talker)
    with talker.sees("Reconnecting"):
        talker.page.evaluate("() => live.close() ?? live.dispatchEvent(new Event('connectionstatechange'))")
    expect(talker.status).to_have_text("Connected")
    talker.write("What is the date?")
    talker.reads("time zone Asia/Tokyo")
    assert len(outputs(talker)) == 1


@pytest.mark.parametrize(("called", "successor"), [("Assistant", "Guide"), ("Clerk", "Archivist")])
def test_a_call_is_handed_over_to_another_agent(
    open_page: OpenPage, site_of_several: Site, called: str, successor: str
) -> None:
    openai = OpenAIControl.of(site_of_several)
    openai.script({"say": "Good morning."})
    talker = open_page(url=site_of_several.invite_link())
    choose_agent(talker, called)
    talker.start()
    talker.reads("Good morning.")
    talker.hears_it_out()
    asked = "Who knows museums?"
    talker.write(asked)
    greeting = "Hello, this is the offline stand-in for OpenAI. How can I help you?"  # of a session that is a new one
    talker.reads(f"Handed off to {successor}", greeting)
    expect(talker.status).to_have_text("Connected")
    talker.hears_it_out()
    talker.write("Are you there?")
    talker.reads("You said: Are you there?")

    said = ["Good morning.", asked, f"Handed off to {successor}", greeting, "Are you there?"]
    said += ["You said: Are you there?"]
    for words in said:
        expect(talker.transcript.get_by_text(words, exact=True)).to_have_count(1)
    shown = talker.transcript.inner_text()
    assert sorted(said, key=shown.index) == said
    assert talker.transcript.locator(".speaker").all_text_contents() == [called, "You", successor, "You", successor]
    assert talker.retold() == ["Good morning.", asked]
    assert session_updates(talker) == []
    talker.eventually(openai.live_calls, lambda live: len(live) == 1)
    talker.assert_policy_kept()

    talker.end()
    openai.script({"say": "Good evening."})
    talker.start()
    talker.reads("Good evening.")
    assert talker.transcript.locator(".speaker").all_text_contents() == [called]


def choose_agent(talker: Talker, label: str) -> None:
    talker.open_sheet("Options")
    options = talker.page.get_by_role("dialog", name="Options")
    options.get_by_role("combobox", name="Assistant").select_option(label)
    options.get_by_role("button", name="Close").click()
    expect(options).to_have_count(0)
