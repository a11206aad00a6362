"""What goes wrong is said in words, and the next call can be started."""

import pytest
from playwright.sync_api import expect
from standins import hosting
from standins.guard import GUARD, Guard
from standins.local.site import FIREBASE_JSON, Site, rewritten_services
from standins.serving import ServerThread

from .conftest import OpenPage
from .openai_control import OpenAIControl


def test_a_refused_microphone_is_explained_for_safari_and_chrome(open_page: OpenPage, openai: OpenAIControl) -> None:
    talker = open_page(permission="=deny")
    talker.button("Start talking").click()
    expect(talker.alert).to_contain_text("The microphone is not allowed")
    expect(talker.alert).to_contain_text("Safari:")
    expect(talker.alert).to_contain_text("Chrome:")
    expect(talker.status).to_have_text("No call")
    talker.eventually(openai.live_calls, lambda live: live == [])


def test_no_network_is_told_and_the_next_tap_works(open_page: OpenPage) -> None:
    talker = open_page()
    talker.lose_the_network()
    talker.button("Start talking").click()
    expect(talker.alert).to_contain_text("You are offline")
    talker.find_the_network()
    talker.start()
    expect(talker.alert).to_be_empty()


@pytest.mark.parametrize(
    ("path", "fault", "words"),
    [
        ("client_secrets", "insufficient_quota", "The server refused the call"),
        ("client_secrets", "forbidden", "The server refused the call"),
        ("calls", "invalid_api_key", "OpenAI refused the call"),
        ("calls", "rate_limited", "OpenAI refused the call"),
        ("calls", "html", "OpenAI sent an invalid response"),
        ("calls", "wrong_json", "OpenAI sent an invalid response"),
        ("calls", "huge", "OpenAI sent an invalid response"),
        ("calls", "redirect", "OpenAI could not be reached"),
        ("calls", "reset", "OpenAI could not be reached"),
        ("calls", "truncated", "OpenAI could not be reached"),
    ],
)
def test_a_refusal_is_told_in_words(
    open_page: OpenPage, openai: OpenAIControl, path: str, fault: str, words: str
) -> None:
    openai.fail(path, fault, times=10)
    talker = open_page()
    talker.may_log_errors = True
    talker.button("Start talking").click()
    expect(talker.alert).to_contain_text(words)
    expect(talker.alert).not_to_contain_text("ek_")
    expect(talker.button("Start talking")).to_be_enabled()


def test_an_answer_of_hosting_itself_is_told_by_its_status(open_page: OpenPage) -> None:
    talker = open_page()
    talker.may_log_errors = True
    talker.page.route("**/api/client-secrets", lambda route: route.fulfill(status=504, body="<h1>Gateway Timeout</h1>"))
    talker.reload()
    talker.button("Start talking").click()
    expect(talker.alert).to_contain_text("The server sent an invalid response")
    expect(talker.alert).to_contain_text("Status 504")


@pytest.fixture
def insecure_url(site: Site, servers: ServerThread) -> str:
    """The page by a name that browsers do not trust."""
    app = hosting.create_app(FIREBASE_JSON, dict.fromkeys(rewritten_services(FIREBASE_JSON), site.url))
    app[GUARD] = Guard(also_named=lambda host: host.startswith("voicemint.test:"), hands_on=True)
    return servers.serve(app).replace("127.0.0.1", "voicemint.test")


def test_an_address_that_is_not_secure_says_so_before_anyone_taps(open_page: OpenPage, insecure_url: str) -> None:
    talker = open_page(url=insecure_url)
    talker.may_log_errors = True  # the browser itself warns about headers that need a secure address
    expect(talker.alert).to_contain_text("This address cannot use the microphone")
    expect(talker.alert).to_contain_text("https://")


def test_the_other_side_may_hang_up(open_page: OpenPage, openai: OpenAIControl) -> None:
    talker = open_page()
    talker.start()
    (call,) = talker.eventually(openai.live_calls, lambda live: len(live) == 1)
    openai.hang_up(call)
    expect(talker.status).to_have_text("Call ended")
    expect(talker.alert).to_contain_text("The other side hung up")
    talker.start()
    expect(talker.alert).to_be_empty()


def test_end_while_connecting_leaves_nothing_open(open_page: OpenPage, openai: OpenAIControl) -> None:
    openai.fail("calls", "slow", seconds=30)
    talker = open_page()
    talker.button("Start talking").click()
    expect(talker.status).to_have_text("Connecting…")
    talker.end()
    openai.clear()
    talker.start()
    talker.eventually(openai.live_calls, lambda live: len(live) == 1)


def test_a_press_that_becomes_no_tap_opens_no_call(open_page: OpenPage, openai: OpenAIControl) -> None:
    talker = open_page()
    talker.button("Start talking").hover()
    talker.page.mouse.down()
    talker.eventually(talker.wire, lambda wire: len(wire) == 1)  # session.created: connected, and nothing said
    talker.page.mouse.move(5, 5)
    talker.page.mouse.up()
    talker.eventually(openai.live_calls, lambda live: live == [])
    expect(talker.status).to_have_text("Ready")
    minted = openai.requested("/client_secrets")
    talker.start()
    assert openai.requested("/client_secrets") == minted  # the press's own client secret
