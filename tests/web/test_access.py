"""Signing in by a link, being signed out, and leaving nothing behind."""

from urllib.parse import urlsplit

from playwright.sync_api import Route, expect
from standins.local.site import Site

from .conftest import OpenPage, never_after
from .openai_control import OpenAIControl
from .talker import Talker

LEAVING_MILLISECONDS = 3_000  # for so long a sign-out waits for what is under way


def test_a_link_signs_in_once_and_leaves_the_address_bar(open_page: OpenPage, site: Site) -> None:
    link = site.invite_link("Ana's iPad")
    talker = open_page(url=link)
    expect(talker.button("End and forget")).to_be_visible()
    assert "#" not in talker.page.url
    (cookie,) = talker.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("__session", True, "Strict")
    assert talker.page.evaluate("() => document.cookie") == ""
    talker.start()
    talker.end()

    other = open_page(url=link)
    other.may_log_errors = True
    expect(other.alert).to_contain_text("This link no longer works")
    expect(other.button("Start talking")).to_have_count(0)


def test_who_is_signed_in_stays_so_without_the_link(open_page: OpenPage, site: Site) -> None:
    talker = open_page()
    expect(talker.button("End and forget")).to_be_visible()
    talker.page.goto(site.url)
    talker.start()


def test_a_tap_before_it_is_known_who_is_there_waits_for_that(open_page: OpenPage) -> None:
    talker = open_page()
    held: list[Route] = []
    talker.page.route("**/api/access", lambda route: held.append(route))
    talker.reload()
    talker.button("Start talking").click()
    expect(talker.status).to_have_text("Connecting…")
    talker.eventually(lambda: held, bool)
    for route in held:
        route.continue_()
    expect(talker.status).to_have_text("Connected")


def test_without_a_link_the_page_says_to_ask_for_one(open_page: OpenPage, site: Site) -> None:
    talker = open_page(url=site.url)
    talker.may_log_errors = True
    expect(talker.alert).to_contain_text("You are not signed in")
    expect(talker.alert).to_contain_text("Ask the owner for a link")
    expect(talker.status).to_have_text("Signed out")
    expect(talker.button("Start talking")).to_have_count(0)
    talker.assert_policy_kept()


def test_a_page_without_an_answer_about_access_lets_the_call_tell(open_page: OpenPage, site: Site) -> None:
    talker = open_page(url="about:blank")
    talker.may_log_errors = True
    talker.context.route("**/api/client-secrets", lambda route: route.abort())  # so that none was fetched ahead
    talker.enter(site.invite_link())
    expect(talker.button("End and forget")).to_be_visible()
    talker.context.clear_cookies()
    talker.context.unroute("**/api/client-secrets")
    talker.button("Start talking").click()
    expect(talker.alert).to_contain_text("Ask the owner for a link")
    expect(talker.status).to_have_text("Signed out")


def test_end_and_forget_leaves_no_cookie_no_words_and_no_log(open_page: OpenPage, site: Site) -> None:
    talker = open_page()
    talker.start()
    talker.reads("offline stand-in")
    talker.context.route("**/api/logs", lambda route: route.abort())  # so that something is waiting to be sent
    talker.may_log_errors = True
    talker.write("my secret plan")
    talker.reads("my secret plan")
    talker.button("End and forget").click()
    expect(talker.alert).to_contain_text("You are signed out")
    expect(talker.page.locator("body")).not_to_contain_text("my secret plan")
    assert talker.context.cookies() == []
    talker.eventually(talker.waiting_batches, lambda count: count == 0)
    talker.page.reload()
    expect(talker.alert).to_contain_text("You are not signed in")
    from_the_page = [path for path in site.bucket.rglob("*.ndjson") if not path.name.startswith("server-")]
    assert not [path for path in from_the_page if "my secret plan" in path.read_text()]


def test_end_and_forget_leaves_nothing_in_the_pages_memory(open_page: OpenPage, openai: OpenAIControl) -> None:
    openai.script({"say": "Your secret is Zanzibar, and that is it."})
    talker = open_page()
    talker.start()
    talker.reads("that is it")
    talker.hears_it_out()
    talker.button("Show something").click()
    talker.button("Camera").click()
    talker.button("Send a picture now").click()
    expect(talker.page.get_by_alt_text("A picture you showed")).to_be_visible()
    assert remembered(talker, "Zanzibar", "image/jpeg;base64,/9j") == [True, True]
    talker.button("End and forget").click()
    expect(talker.alert).to_contain_text("You are signed out")
    # What was on its way when it was forgotten, a picture to OpenAI or a batch to the log, is held until it is through.
    talker.eventually(lambda: remembered(talker, "Zanzibar", "image/jpeg;base64,/9j"), [False, False].__eq__)


def test_end_and_forget_hangs_up_before_the_server_takes_nothing_more(open_page: OpenPage) -> None:
    talker = open_page(script=never_after(LEAVING_MILLISECONDS))  # they may pass in this test while nothing answers
    with talker.page.expect_response("**/api/calls/register"):
        talker.start()
    asked: list[str] = []
    talker.page.on("request", lambda request: asked.append(f"{request.method} {urlsplit(request.url).path}"))
    held: list[Route] = []
    talker.context.route("**/api/calls/hangup", lambda route: held.append(route))
    talker.button("End and forget").click()
    talker.eventually(lambda: held, bool)
    talker.page.evaluate("() => fetch('/api/access').then((answer) => answer.text())")
    assert "DELETE /api/access" not in asked
    with talker.page.expect_response("**/api/calls/hangup") as hung_up:
        held[0].continue_()
    assert hung_up.value.status == 204
    expect(talker.alert).to_contain_text("You are signed out")
    assert [request for request in asked if " /api/" in request][-1] == "DELETE /api/access"


def remembered(talker: Talker, *words: str) -> list[bool]:
    """Whether each of these is anywhere in the page's memory, this test's own notes left out."""
    talker.page.evaluate("() => { wire.length = 0; }")
    session = talker.context.new_cdp_session(talker.page)
    parts: list[str] = []
    session.on("HeapProfiler.addHeapSnapshotChunk", lambda part: parts.append(part["chunk"]))
    session.send("HeapProfiler.takeHeapSnapshot")
    session.detach()
    heap = "".join(parts)
    return [word in heap for word in words]


def test_forgetting_without_a_network_says_that_it_did_not_work(open_page: OpenPage) -> None:
    talker = open_page()
    expect(talker.button("End and forget")).to_be_visible()
    talker.lose_the_network()
    talker.button("End and forget").click()
    expect(talker.alert).to_contain_text("You are still signed in")
    assert len(talker.context.cookies()) == 1
