"""How a call ends by itself: the last minute is counted, a goodbye is said, and nobody is left talking to nobody."""

import re

from playwright.sync_api import expect
from standins.local.site import Site

from .conftest import OpenPage
from .openai_control import OpenAIControl
from .talker import Talker

GOODBYE_SECONDS = 15  # before the end, the agent is asked to say goodbye
LAST_MINUTE = re.compile(r"This call ends in (1:00|0:\d\d)")


def test_the_last_minute_is_counted_and_ends_with_a_goodbye(open_page: OpenPage, unified_site: Site) -> None:
    openai = OpenAIControl.of(unified_site)
    openai.script({"say": "Good morning."}, {"say": "Goodbye, Ana."})
    talker = with_a_clock(open_page, unified_site)
    talker.start()
    talker.reads("Good morning.")
    talker.hears_it_out()
    expect(talker.page.get_by_text(LAST_MINUTE)).to_have_count(0)
    talker.page.clock.fast_forward("04:00")  # of the five minutes that this site's owner allows
    expect(talker.page.get_by_text(LAST_MINUTE)).to_be_visible()
    talker.page.clock.fast_forward(max(0, seconds_left(talker) - GOODBYE_SECONDS) * 1000)
    talker.reads("Goodbye, Ana.")
    expect(talker.status).to_have_text("Connected")
    talker.page.clock.fast_forward("00:15")
    expect(talker.status).to_have_text("Call ended")
    expect(talker.alert).to_contain_text("The call reached its time limit")
    expect(talker.page.get_by_text(LAST_MINUTE)).to_have_count(0)
    talker.eventually(openai.live_calls, lambda live: live == [])


def test_a_call_in_which_nobody_speaks_ends(open_page: OpenPage, site: Site, openai: OpenAIControl) -> None:
    openai.script({"say": "Good morning."})
    talker = with_a_clock(open_page, site)
    talker.start()
    talker.reads("Good morning.")
    talker.hears_it_out()
    talker.is_watched()  # whatever the server says counts as being spoken to
    talker.page.clock.fast_forward("09:30")
    expect(talker.status).to_have_text("Connected")
    talker.page.clock.fast_forward("00:31")
    expect(talker.status).to_have_text("Call ended")
    expect(talker.alert).to_contain_text("The call ended because nobody spoke")
    talker.eventually(openai.live_calls, lambda live: live == [])


def seconds_left(talker: Talker) -> int:
    """What the page still shows: the time until here counts too, and a slow machine takes more of it."""
    minutes, seconds = talker.page.get_by_text(LAST_MINUTE).inner_text().split()[-1].strip(".").split(":")
    return 60 * int(minutes) + int(seconds)


def with_a_clock(open_page: OpenPage, site: Site) -> Talker:
    """A page whose clock can be put forward; the network and the sound keep their own."""
    talker = open_page(url="about:blank")
    talker.page.clock.install()
    talker.enter(site.invite_link())
    return talker
