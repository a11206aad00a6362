"""A call that is cut goes on by itself: the same conversation, nothing missing in the transcript and nothing twice."""

import pytest
from playwright.sync_api import expect
from standins.local.site import Site

from .conftest import OpenPage
from .network import Network
from .openai_control import OpenAIControl
from .talker import Talker

GAP_MILLISECONDS = 3_000  # the fault itself: shorter than what the page takes for a cut
LONG_GAP_MILLISECONDS = 40_000  # until the other side has given the call up too
ATTEMPTS = 3


@pytest.fixture
def talker(open_page: OpenPage, site: Site, cuttable: Network) -> Talker:
    talker = open_page(url="about:blank")
    talker.may_log_errors = True  # the browser reports each request that does not get through
    cuttable.stand_before(talker.context)
    talker.enter(site.invite_link())
    return talker


def introduce(talker: Talker) -> None:
    talker.start()
    talker.reads("Good morning.")
    talker.hears_it_out()
    talker.write("My name is Ana.")
    talker.reads("Hello Ana.")
    talker.hears_it_out()


def test_the_conversation_goes_on_after_a_network_drop(
    talker: Talker, cuttable: Network, openai: OpenAIControl, is_long: bool
) -> None:
    openai.script({"say": "Good morning."}, {"say": "Hello Ana."}, {"say": "Your name is Ana."})
    introduce(talker)
    before = openai.live_calls()

    cuttable.cut()
    expect(talker.status).to_have_text("Reconnecting…")
    talker.write("Do you still know my name?")
    if is_long:
        talker.page.wait_for_timeout(LONG_GAP_MILLISECONDS)
    else:
        fail_to_reconnect(talker)
    cuttable.mend()
    talker.find_the_network()
    expect(talker.status).to_have_text("Connected")
    talker.reads("Do you still know my name?", "Your name is Ana.")

    said = ["Good morning.", "My name is Ana.", "Hello Ana.", "Do you still know my name?", "Your name is Ana."]
    for words in said:
        expect(talker.transcript.get_by_text(words, exact=True)).to_have_count(1)
    shown = talker.transcript.inner_text()
    assert sorted(said, key=shown.index) == said
    assert talker.retold() == ["Good morning.", "My name is Ana.", "Hello Ana."]
    assert [call for call in openai.live_calls() if call not in before] != []
    talker.end()


def fail_to_reconnect(talker: Talker) -> None:
    """As many attempts as a long drop has time for, each hurried by the person."""
    failed: list[str] = []
    talker.page.on("requestfailed", lambda request: failed.append(request.url))
    for attempts in range(1, ATTEMPTS + 1):
        talker.button("Try now").click()
        talker.eventually(lambda: sum("client-secrets" in url for url in failed), lambda count: count >= attempts)  # noqa: B023
    expect(talker.status).to_have_text("Reconnecting…")


def test_a_short_gap_heals_by_itself(talker: Talker, cuttable: Network, openai: OpenAIControl) -> None:
    openai.script({"say": "Good morning."}, {"say": "Hello Ana."}, {"say": "Still here."})
    introduce(talker)
    cuttable.cut()
    talker.page.wait_for_timeout(GAP_MILLISECONDS)
    cuttable.mend()
    talker.write("Are you there?")
    talker.reads("Still here.")
    assert talker.retold() == []
