"""A link waits for a tap, and asks before it replaces who is signed in; nobody's words become another's."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Request, expect
from standins.local.site import Site

from .axe import assert_accessible
from .conftest import OpenPage
from .layout import CUT_OFF, SIDEWAYS, SMALL_TARGETS
from .talker import Talker

TELEPHONE = {"width": 390, "height": 844}
TABLET = {"width": 820, "height": 1180}
LOGS, ACCESS = "**/api/logs", "**/api/access"
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"  # as long as a name can be
WHO = "async () => (await (await fetch('/api/access', { cache: 'no-store' })).json()).name"
SENTENCE_OF_ANA = "the garden gate is blue"


def goes_to(talker: Talker, link: str) -> None:
    """Opens a link without a tap, also where only what follows the "#" is another."""
    talker.page.goto("about:blank")
    talker.page.goto(link)


def signed_in_as(open_page: OpenPage, site: Site, name: str) -> Talker:
    talker = open_page(url=site.invite_link(name))
    expect(talker.button("End and forget")).to_be_visible()
    return talker


def test_who_only_loads_the_page_uses_nothing_up(open_page: OpenPage, site: Site) -> None:
    link = site.invite_link("Ana")
    scanner = open_page(url="about:blank")
    asked: list[str] = []
    scanner.page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    scanner.page.goto(link)
    expect(scanner.button("Continue as Ana")).to_be_visible()
    scanner.page.evaluate("async () => { await navigator.serviceWorker.ready; }")  # the last that a page does by itself
    scanner.page.reload()
    expect(scanner.button("Continue as Ana")).to_be_enabled()
    assert scanner.page.url == link
    assert [request for request in asked if request.startswith("POST") and "/api/access" in request] == []
    guest = open_page(url=link)
    guest.start()


@pytest.mark.parametrize("key", ["Enter", " "])
def test_a_link_is_taken_without_a_mouse_and_the_focus_stays_on_the_button(
    open_page: OpenPage, site: Site, key: str
) -> None:
    talker = open_page(url="about:blank")
    talker.page.goto(site.invite_link("Ana"))
    talker.button("Continue as Ana").focus()
    talker.page.keyboard.press(key)
    expect(talker.button("Start talking")).to_be_focused()
    assert "#" not in talker.page.url


def test_a_double_tap_takes_a_link_and_calls_nobody(open_page: OpenPage, site: Site) -> None:
    talker = open_page(url="about:blank")
    talker.page.goto(site.invite_link("Ana"))
    talker.button("Continue as Ana").dblclick()
    expect(talker.button("Start talking")).to_be_visible()
    expect(talker.status).to_have_text("Ready")


def loaded_again(talker: Talker) -> None:
    talker.page.reload()
    talker.button("Continue as Ana").click()


def network_is_back(talker: Talker) -> None:
    """As the browser tells it; one that was really cut may tell before its network process knows."""
    talker.page.evaluate("() => dispatchEvent(new Event('online'))")


@pytest.mark.parametrize("again", [loaded_again, network_is_back])
def test_a_link_that_could_not_be_tried_is_tried_again(
    open_page: OpenPage, site: Site, again: Callable[[Talker], None]
) -> None:
    talker = open_page(url="about:blank")
    talker.may_log_errors = True
    talker.page.route(ACCESS, lambda route: route.abort())
    link = site.invite_link("Ana")
    talker.page.goto(link)
    talker.button("Continue as Ana").click()
    expect(talker.alert).to_contain_text("The link could not be used yet")
    assert talker.page.url == link
    talker.page.unroute(ACCESS)
    again(talker)
    expect(talker.button("End and forget")).to_be_visible()
    expect(talker.alert).to_be_empty()
    assert "#" not in talker.page.url


def test_a_link_that_let_this_browser_in_is_no_trouble(open_page: OpenPage, site: Site) -> None:
    link = site.invite_link("Ana")
    talker = open_page(url=link)
    expect(talker.button("End and forget")).to_be_visible()
    goes_to(talker, link)
    expect(talker.button("End and forget")).to_be_visible()
    assert "#" not in talker.page.url
    talker.start()


def test_a_link_asks_before_it_replaces_who_is_signed_in(open_page: OpenPage, site: Site) -> None:
    talker = signed_in_as(open_page, site, "Ben")
    link = site.invite_link("Ana")
    goes_to(talker, link)
    expect(talker.alert).to_contain_text("You are signed in as Ben.")
    expect(talker.alert).to_contain_text("Continue as Ana?")
    assert talker.page.evaluate(WHO) == "Ben"
    talker.button("Continue as Ana").click()
    expect(talker.button("End and forget")).to_be_visible()
    expect(talker.alert).to_be_empty()
    assert talker.page.evaluate(WHO) == "Ana"


def test_who_stays_signed_in_uses_no_link_up(open_page: OpenPage, site: Site) -> None:
    talker = signed_in_as(open_page, site, "Ben")
    link = site.invite_link("Ana")
    goes_to(talker, link)
    talker.button("Stay signed in as Ben").click()
    expect(talker.button("Start talking")).to_be_focused()
    expect(talker.alert).to_be_empty()
    assert "#" not in talker.page.url
    assert talker.page.evaluate(WHO) == "Ben"
    open_page(url=link).start()


def test_a_used_link_leaves_who_is_signed_in_and_says_that_it_is_used(open_page: OpenPage, site: Site) -> None:
    link = site.invite_link("Ana")
    signed_in = open_page(url=link)
    expect(signed_in.button("End and forget")).to_be_visible()
    talker = signed_in_as(open_page, site, "Ben")
    talker.may_log_errors = True
    goes_to(talker, link)
    expect(talker.alert).to_contain_text("Continue as Ana?")
    talker.button("Continue as Ana").click()
    expect(talker.alert).to_contain_text("This link no longer works")
    assert talker.page.evaluate(WHO) == "Ben"
    expect(talker.button("Start talking")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [TELEPHONE, TABLET], ids=["390", "820"])
@pytest.mark.parametrize("name", ["Ana", LONG, "<b>Ana</b><img src=x onerror=alert(1)>"], ids=["short", "long", "html"])
def test_every_name_fits_and_is_text(
    open_page: OpenPage, site: Site, size: dict[str, int], theme: str, name: str
) -> None:
    talker = open_page(url=site.invite_link("Ben"), viewport=size, color_scheme=theme, reduced_motion="reduce")
    expect(talker.button("End and forget")).to_be_visible()
    goes_to(talker, site.invite_link(name))
    for button in (talker.button(f"Continue as {name}"), talker.button("Stay signed in as Ben")):
        expect(button).to_be_in_viewport(ratio=1)
    assert_accessible(talker, "a link")
    assert talker.page.evaluate(CUT_OFF) == 0
    assert talker.page.evaluate(SIDEWAYS) == []
    assert talker.page.evaluate(SMALL_TARGETS) == []
    talker.assert_policy_kept()


def test_what_one_person_could_not_send_is_never_stored_as_anothers(open_page: OpenPage, site: Site) -> None:
    talker = signed_in_as(open_page, site, "Ana")
    talker.may_log_errors = True
    talker.context.route(LOGS, lambda route: route.abort())
    talker.start()
    talker.write(SENTENCE_OF_ANA)
    talker.reads(SENTENCE_OF_ANA)
    talker.end()
    talker.page.goto("about:blank")
    talker.context.clear_cookies()  # her session has ended
    sent: list[Request] = []
    talker.context.on("request", lambda request: sent.append(request) if "/api/logs" in request.url else None)
    talker.context.unroute(LOGS)
    talker.enter(site.invite_link("Ben"))
    expect(talker.button("End and forget")).to_be_visible()
    talker.start()
    talker.end()
    talker.eventually(lambda: sent, bool)
    talker.eventually(talker.waiting_batches, lambda count: count == 0)
    assert [request for request in sent if SENTENCE_OF_ANA in (request.post_data or "")] == []
    assert holds(site.bucket, SENTENCE_OF_ANA) == []


def test_a_tab_that_still_shows_one_person_stores_nothing_as_another(open_page: OpenPage, site: Site) -> None:
    hers = signed_in_as(open_page, site, "Ana")
    hers.may_log_errors = True
    hers.start()
    his = hers.beside()
    goes_to(his, site.invite_link("Ben"))
    expect(his.alert).to_contain_text("Continue as Ben?")  # a tap before the question would be no answer to it
    his.button("Continue as Ben").click()
    expect(his.button("End and forget")).to_be_visible()
    with hers.page.expect_response(lambda answer: "/api/logs" in answer.url and answer.status == 409):
        hers.write(SENTENCE_OF_ANA)
        hers.end()
    hers.eventually(hers.waiting_batches, lambda count: count == 0)
    assert holds(site.bucket, SENTENCE_OF_ANA) == []


def holds(bucket: Path, words: str) -> list[Path]:
    """What a page, and not the call's own watch, has stored with these words in it."""
    from_a_page = [path for path in bucket.rglob("*.ndjson") if not path.name.startswith("server-")]
    return [path for path in from_a_page if words in path.read_text()]
