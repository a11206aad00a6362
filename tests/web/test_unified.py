"""Calls set up by the server: the page never sees a key, a client secret or what the agent is told."""

import re
import tomllib
from pathlib import Path

from playwright.sync_api import expect
from standins.local.site import Site

from .conftest import ROOT, OpenPage
from .openai_control import OpenAIControl

INSTRUCTIONS = tomllib.loads((ROOT / "functions/agents/assistant.toml").read_text())["instructions"]
BEARER = re.compile(r"\b(?:ek_|sk-)\w")


def test_no_key_no_client_secret_and_no_instructions_pass_the_browser(
    open_page: OpenPage, unified_site: Site, tmp_path: Path
) -> None:
    OpenAIControl.of(unified_site).script({"say": "Good morning."})
    har = tmp_path / "network.har"
    talker = open_page(url=unified_site.invite_link(), record_har_path=har, record_har_content="embed")
    talker.start()
    talker.reads("Good morning.")
    talker.end()
    talker.context.close()  # writes every request and every answer with its body

    passed = har.read_text()
    assert "/api/calls?agent=assistant" in passed
    assert "v=0" in passed  # bodies are in it
    assert BEARER.search(passed) is None
    for line in INSTRUCTIONS.strip().splitlines():
        assert line not in passed


def test_what_is_left_of_the_month_is_told(open_page: OpenPage, unified_site: Site) -> None:
    talker = open_page(url=unified_site.invite_link())
    talker.start()
    talker.open_sheet("Details")
    details = talker.page.get_by_role("dialog", name="Details")
    expect(details).to_contain_text(re.compile(r"Minutes left this month: (5\d\d|600)(?!\d)"))


def test_end_hangs_up_on_the_server(open_page: OpenPage, unified_site: Site) -> None:
    openai = OpenAIControl.of(unified_site)
    talker = open_page(url=unified_site.invite_link())
    talker.start()
    talker.eventually(openai.live_calls, lambda live: len(live) == 1)
    hung_up = openai.requested("/hangup")
    talker.end()
    talker.eventually(lambda: openai.requested("/hangup"), lambda count: count > hung_up)


def test_a_page_that_is_left_hangs_up(open_page: OpenPage, unified_site: Site) -> None:
    openai = OpenAIControl.of(unified_site)
    talker = open_page(url=unified_site.invite_link())
    talker.start()
    hung_up = openai.requested("/hangup")
    talker.page.goto("about:blank")
    talker.eventually(lambda: openai.requested("/hangup"), lambda count: count > hung_up)
