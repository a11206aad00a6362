"""What is logged reaches the bucket once, also over a bad network, a closed page and a second tab."""

import json
from collections.abc import Callable

from playwright.sync_api import Route
from standins.local.site import Site

from .bucket import Line, as_logged, assert_stored_once, call_of, of_the_wire, stored, tells
from .conftest import OpenPage
from .openai_control import OpenAIControl
from .talker import Talker

LOGS = "**/api/logs"
# As the browser tells it; a headless one hides no page.
BE = """
(state) => {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
  Object.defineProperty(document, "hidden", { configurable: true, get: () => state === "hidden" });
  document.dispatchEvent(new Event("visibilitychange"));
}
"""


def test_a_log_that_could_not_be_sent_is_sent_at_the_next_visit(
    open_page: OpenPage, site: Site, openai: OpenAIControl
) -> None:
    openai.script({"say": "Hello."})
    talker = open_page()
    talker.may_log_errors = True
    talker.page.route(LOGS, lambda route: route.abort())
    talker.start()
    talker.reads("Hello.")
    talker.hears_it_out()
    talker.end()
    wire = talker.wire()
    assert stored(site.bucket, call_of(wire)) == []
    talker.page.unroute(LOGS)
    talker.reload()
    assert_stored_once(talker, site.bucket, wire)


def test_a_batch_whose_answer_is_lost_is_stored_once(open_page: OpenPage, site: Site, openai: OpenAIControl) -> None:
    openai.script({"say": "Hello."})
    talker = open_page()
    talker.may_log_errors = True
    lost: list[str] = []

    def lose_the_first_answers(route: Route) -> None:
        if len(lost) < 2:
            lost.append(route.fetch().text())
            route.abort()
        else:
            route.continue_()

    talker.page.route(LOGS, lose_the_first_answers)
    talker.start()
    talker.reads("Hello.")
    talker.hears_it_out()
    talker.end()
    talker.eventually(lambda: len(lost), lambda count: count == 2)
    talker.eventually(talker.waiting_batches, lambda count: count == 0)  # all of them have been sent again
    assert_stored_once(talker, site.bucket)


def test_leaving_the_page_in_a_call_loses_nothing(open_page: OpenPage, site: Site, openai: OpenAIControl) -> None:
    openai.script({"say": "Hello."})
    talker = open_page()
    talker.start()
    talker.reads("Hello.")
    talker.hears_it_out()
    talker.is_watched()
    wire = wire_at_the_end(talker, lambda: talker.page.goto("about:blank"), site)
    is_whole = lambda lines: tells(lines, "call.ending") and len(of_the_wire(lines)) >= len(wire)  # noqa: E731
    lines = talker.eventually(lambda: stored(site.bucket, call_of(wire)), is_whole)  # in whichever order it arrives
    assert {"type": "call.ending", "detail": "page_closed"} in [line["event"] for line in lines]
    assert of_the_wire(lines) == list(map(as_logged, wire))
    talker.eventually(openai.live_calls, lambda live: live == [])


def wire_at_the_end(talker: Talker, leave: Callable[[], object], site: Site) -> list[Line]:
    """The events on the data channel up to the moment at which the page is left: some may come while one looks."""
    talker.page.evaluate("() => addEventListener('pagehide', () => localStorage.setItem('wire', JSON.stringify(wire)))")
    leave()
    talker.page.goto(f"{site.url.rstrip('/')}/agents.json")
    kept: list[Line] = json.loads(talker.page.evaluate("() => localStorage.getItem('wire')"))
    return kept


def test_two_tabs_do_not_get_in_each_others_way(open_page: OpenPage, site: Site, openai: OpenAIControl) -> None:
    openai.script({"say": "Hello."}, {"say": "Hello again."})
    first = open_page()
    first.start()
    first.reads("Hello.")
    first.hears_it_out()
    second = first.beside()
    second.start()
    second.reads("Hello again.")
    second.hears_it_out()
    first.end()
    second.end()
    assert_stored_once(first, site.bucket)
    assert_stored_once(second, site.bucket)


def test_a_call_goes_on_while_another_app_is_in_front(open_page: OpenPage, site: Site, openai: OpenAIControl) -> None:
    openai.script({"say": "Good morning."}, {"say": "You are back."})
    talker = open_page()
    talker.start()
    talker.reads("Good morning.")
    talker.page.evaluate(BE, "hidden")
    before = call_of(talker.wire())
    talker.eventually(lambda: stored(site.bucket, before), lambda lines: tells(lines, "response.created"))
    talker.hears_it_out()
    talker.page.evaluate(BE, "visible")
    talker.write("Here I am")
    talker.reads("Good morning.", "Here I am", "You are back.")
    talker.hears_it_out()
    talker.end()
    assert_stored_once(talker, site.bucket)
