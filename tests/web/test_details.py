"""What a call does, waits, costs and says on the wire, one tap away."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from .conftest import ALLOWED_WHEN_CONNECTED, OpenPage
from .openai_control import OpenAIControl
from .talker import Talker


def test_details_tell_connection_waiting_time_cost_and_events(
    open_page: OpenPage, openai: OpenAIControl, microphone: Callable[..., Path]
) -> None:
    openai.script({"say": "Good morning."}, {"heard": "What time is it?", "say": "It is noon."})
    talker = open_page(microphone((5, "What time is it?")), script=ALLOWED_WHEN_CONNECTED)
    talker.start()
    talker.reads("What time is it?", "It is noon.")
    talker.hears_it_out()
    talker.open_sheet("Details")
    sheet = talker.page.get_by_role("dialog", name="Details")
    expect(sheet).to_contain_text(re.compile(r"Call id\s*rtc_\w+"))
    expect(sheet).to_contain_text(re.compile(r"Route\s*udp \w+ → host"))
    expect(sheet).to_contain_text(re.compile(r"Round trip\s*[\d.,]+ ms"))
    expect(sheet).to_contain_text(re.compile(r"[\d.,]+ ms\s*Tap to first sound"))
    expect(sheet).to_contain_text(re.compile(r"[\d.,]+ ms\s*End of speech to first sound"))
    expect(sheet).to_contain_text(re.compile(r"Minutes left this month: (5\d\d|600)(?!\d)"))
    assert shown_cost(sheet) == pytest.approx(reckoned(talker.wire()), abs=0.00006)


def shown_cost(sheet: Locator) -> float:
    row = sheet.get_by_role("row", name="Total").inner_text()
    return float(row.split("$")[1])


def reckoned(wire: list[dict[str, Any]]) -> float:
    """The cost of the events on the wire, by the formula of OpenAI's pages and the one price table."""
    prices = json.loads((Path(__file__).parents[2] / "functions/voicemint/openai/prices.json").read_text())
    model = next(line["event"]["session"]["model"] for line in wire if line["event"]["type"] == "session.created")
    price, usd = prices["usd_per_million_tokens"][model], 0.0
    for line in wire:
        event = line["event"]
        if event["type"] == "response.done":
            usd += reckoned_response(event["response"]["usage"], price) / 1e6
        if event["type"].endswith("input_audio_transcription.completed"):
            usd += event["usage"]["seconds"] / 60 * prices["transcription_usd_per_minute"]["gpt-transcribe"]
    return usd


def reckoned_response(usage: dict[str, Any], price: dict[str, dict[str, float]]) -> float:
    read, written = usage["input_token_details"], usage["output_token_details"]
    micro = 0.0
    for kind in ("text", "audio", "image"):
        cached = read["cached_tokens_details"][f"{kind}_tokens"]
        micro += (read[f"{kind}_tokens"] - cached) * price[kind]["input"] + cached * price[kind]["cached"]
        micro += written.get(f"{kind}_tokens", 0) * price[kind].get("output", 0.0)
    return micro


def test_the_inspector_filters_searches_opens_copies_and_sends(open_page: OpenPage, openai: OpenAIControl) -> None:
    openai.script({"say": "Good morning."})
    talker = open_page(permissions=["microphone", "clipboard-read", "clipboard-write"])
    talker.start()
    talker.reads("Good morning.")
    talker.hears_it_out()
    talker.is_watched()  # or what the server asks would come after the list is cleared
    talker.open_sheet("Details")
    listed = talker.page.get_by_role("list", name="Events")
    expect(listed).to_contain_text("output_audio_buffer.stopped")
    talker.page.get_by_role("combobox", name="Show").select_option("client")
    expect(listed.get_by_role("listitem")).to_have_count(2)
    talker.page.get_by_role("combobox", name="Show").select_option("all")
    talker.page.get_by_role("searchbox", name="Search").fill("transcript.delta morning")
    expect(listed.get_by_role("listitem")).to_have_count(1)
    listed.get_by_role("button").first.click()
    expect(listed).to_contain_text('"delta": "Good morning.')
    with talker.sees("Copied"):  # which the button says for two seconds
        talker.button("Copy").click()
    assert json.loads(talker.page.evaluate("() => navigator.clipboard.readText()"))["delta"].strip() == "Good morning."
    talker.page.get_by_role("searchbox", name="Search").fill("")
    send_by_hand(talker, '{"type": "no.such.event"}')
    talker.page.get_by_role("combobox", name="Show").select_option("errors")
    expect(listed.get_by_role("listitem")).to_have_count(1)
    talker.button("Clear").click()
    expect(talker.page.get_by_text("Nothing has happened yet.")).to_be_visible()
    send_by_hand(talker, "{")
    expect(talker.page.get_by_role("dialog")).to_contain_text("Enter a JSON object")


def send_by_hand(talker: Talker, event: str) -> None:
    field = talker.page.get_by_role("textbox", name="Event as JSON")
    if not field.is_visible():
        talker.page.get_by_text("Send an event").click()
    field.fill(event)
    talker.page.get_by_role("dialog").get_by_role("button", name="Send", exact=True).click()


def test_the_list_of_events_draws_only_the_rows_in_sight(open_page: OpenPage, openai: OpenAIControl) -> None:
    openai.script(*[{"say": f"Answer {number}."} for number in range(7)])
    talker = open_page()
    talker.start()
    for number in range(6):
        talker.reads(f"Answer {number}.")
        talker.write(f"Question {number}")
    talker.reads("Answer 6.")
    talker.hears_it_out()
    talker.open_sheet("Details")
    listed = talker.page.get_by_role("list", name="Events")
    last = listed.get_by_role("listitem").last
    total = int(str(last.get_attribute("aria-setsize")))
    assert listed.get_by_role("listitem").count() < 60 < total
    listed.evaluate("(list) => list.scrollTo({ top: 0 })")
    expect(listed).to_contain_text("page.opened")
    assert listed.get_by_role("listitem").count() < 60
