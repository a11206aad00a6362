"""What each function may refuse, in its own words: the page says it, or goes on without; and what has expired."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect
from standins.local.site import Site
from voicemint import errors

from .bucket import assert_stored_once
from .conftest import OpenPage
from .openai_control import OpenAIControl
from .talker import Talker

MINT, OFFER = "**/api/client-secrets", "**/api/calls?*"
REGISTER, HANG_UP = "**/api/calls/register", "**/api/calls/hangup"
LOGS, ACCESS = "**/api/logs", "**/api/access"
REFUSALS = (errors.TooManyRequests(), errors.DailyLimitReached(), errors.Stopped(), errors.ApiError())
Answer = Callable[[Route], None]


def refusing(error: errors.ApiError) -> Answer:
    """Answers as the functions do: `{"error": {…}}` with the error's own status."""
    told = {"code": error.code, "message": error.message, "request_id": "r1"}
    return lambda route: route.fulfill(status=error.status, headers=error.headers, json={"error": told})


def html(route: Route) -> None:
    """As a proxy or Hosting itself may answer."""
    route.fulfill(status=502, content_type="text/html", body="<h1>Bad Gateway</h1>")


def answered(page: Page, address: str, answer: Answer) -> None:
    """Answers so at this address from now on: the latest holds, and at no moment none does."""
    page.route(address, answer)


@pytest.mark.parametrize("address", [MINT, OFFER], ids=["mint", "offer"])
def test_a_call_that_is_refused_is_explained_in_the_functions_words(
    open_page: OpenPage, site: Site, unified_site: Site, address: str
) -> None:
    talker = open_page(url="about:blank")
    talker.may_log_errors = True
    answered(talker.page, address, html)
    talker.enter((site if address == MINT else unified_site).invite_link())
    start = talker.button("Start talking")
    start.click()
    expect(talker.alert).to_contain_text("The server sent an invalid response")
    for refusal in REFUSALS:
        answered(talker.page, address, refusing(refusal))
        start.click()
        expect(talker.alert).to_contain_text(refusal.message)
        expect(talker.alert).to_contain_text("The server refused the call")
    answered(talker.page, address, refusing(errors.SignedOut()))
    start.click()
    expect(talker.alert).to_contain_text("Ask the owner for a link")
    expect(talker.status).to_have_text("Signed out")
    talker.assert_policy_kept()


@pytest.mark.parametrize("answer", [refusing(error) for error in (errors.SignedOut(), *REFUSALS)] + [html])
def test_no_refusal_on_the_side_disturbs_a_call(open_page: OpenPage, openai: OpenAIControl, answer: Answer) -> None:
    openai.script({"say": "Good morning."}, {"say": "Still here."})
    talker = open_page()
    talker.may_log_errors = True
    refused: list[str] = []
    for address in (REGISTER, HANG_UP, LOGS):
        talker.page.route(address, lambda route: (refused.append(route.request.url), answer(route))[1])
    talker.start()
    talker.reads("Good morning.")
    talker.eventually(lambda: refused, lambda urls: {url.rpartition("/")[2] for url in urls} == {"register", "logs"})
    talker.write("Are you there?")
    talker.reads("Still here.")
    expect(talker.alert).to_be_empty()
    talker.end()
    expect(talker.alert).to_be_empty()


@pytest.mark.parametrize("error", [errors.SignedOut(), errors.TooManyRequests(), errors.StorageUnavailable()])
def test_a_log_that_was_refused_for_now_is_sent_later(
    open_page: OpenPage, site: Site, openai: OpenAIControl, error: errors.ApiError
) -> None:
    openai.script({"say": "Hello."})
    talker = open_page()
    talker.may_log_errors = True
    answered(talker.page, LOGS, refusing(error))
    talker.start()
    talker.reads("Hello.")
    talker.hears_it_out()
    talker.end()
    wire = talker.wire()
    talker.page.unroute(LOGS)
    talker.reload()
    assert_stored_once(talker, site.bucket, wire)


@pytest.mark.parametrize("answer", [refusing(errors.TooManyRequests()), refusing(errors.ControlUnavailable()), html])
def test_a_page_that_is_not_told_who_is_there_can_still_be_used(
    open_page: OpenPage, site: Site, answer: Answer
) -> None:
    talker = open_page()
    talker.may_log_errors = True
    answered(talker.page, ACCESS, answer)
    talker.reload()
    talker.start()
    expect(talker.alert).to_be_empty()


def test_a_client_secret_that_has_expired_is_not_used(open_page: OpenPage, site: Site, openai: OpenAIControl) -> None:
    talker = open_page(url="about:blank", script=COUNT_WHAT_IS_READ)
    talker.page.clock.install()
    talker.enter(site.invite_link())
    has_looked_ahead(talker)
    talker.page.clock.fast_forward("00:56")
    with talker.page.expect_response(MINT):
        talker.start()


# The device's sleep: one clock goes on and the other stands still, as on several systems.
SLEEP = """
let asleep = 0;
const now = Date.now;
Date.now = () => now() + asleep;
window.sleep = (milliseconds) => (asleep += milliseconds);
"""


def test_after_a_sleep_of_75_s_the_first_tap_works(open_page: OpenPage, either_site: Site, site: Site) -> None:
    talker = open_page(url="about:blank", script=SLEEP + COUNT_WHAT_IS_READ)
    talker.page.route(MINT, too_old, times=1)  # by then it is
    talker.enter(either_site.invite_link())
    if either_site is site:  # the other's calls need no client secret
        has_looked_ahead(talker)
    talker.page.evaluate("() => sleep(75_000)")
    talker.start()
    expect(talker.alert).to_be_empty()  # nor was anything refused: that would be in the console


def test_who_only_looks_at_the_page_has_few_client_secrets_made(open_page: OpenPage, site: Site) -> None:
    talker = open_page(url="about:blank", script=SLEEP + COUNT_WHAT_IS_READ + COUNT_WHAT_IS_MINTED)
    talker.enter(site.invite_link())
    talker.page.mouse.move(0, 0)  # off the button: a pointer there counts for more than a look
    for looks in range(6):
        has_looked_ahead(talker, times=min(looks + 1, 3))
        talker.page.evaluate(LOOK_AGAIN)
    assert talker.page.evaluate("() => minted") == 3
    talker.button("Start talking").hover()
    has_looked_ahead(talker, times=4)


COUNT_WHAT_IS_MINTED = """
window.minted = 0;
const ask = window.fetch;
window.fetch = (address, ...more) => {
  minted += String(address).includes("client-secrets");
  return ask(address, ...more);
};
"""


# A while after the last one, when what was fetched for it is of no use any more.
LOOK_AGAIN = """
() => {
  sleep(75_000);
  document.dispatchEvent(new Event("visibilitychange"));
}
"""


def test_a_client_secret_fetched_ahead_that_openai_calls_expired_is_renewed_without_a_word(
    open_page: OpenPage, site: Site
) -> None:
    talker = open_page(url="about:blank", script=COUNT_WHAT_IS_READ)
    talker.may_log_errors = True  # the browser's own, about OpenAI's refusal
    talker.page.route(MINT, too_old, times=1)
    talker.enter(site.invite_link())
    has_looked_ahead(talker)
    with talker.page.expect_response(MINT):
        talker.start()
    expect(talker.alert).to_be_empty()


# The answers that the page has read to their end; of those before a call, only a client secret's is read in parts.
COUNT_WHAT_IS_READ = """
window.wholeAnswers = 0;
const readPart = ReadableStreamDefaultReader.prototype.read;
ReadableStreamDefaultReader.prototype.read = async function () {
  const part = await readPart.call(this);
  if (part.done) window.wholeAnswers += 1;
  return part;
};
"""


def has_looked_ahead(talker: Talker, times: int = 1) -> None:
    """Waits until the page has the client secret that it fetches ahead of any tap, or that many, one after another."""
    talker.eventually(lambda: talker.page.evaluate("() => wholeAnswers"), lambda count: count >= times)


def too_old(route: Route) -> None:
    """A client secret that OpenAI does not know any more."""
    answer = route.fetch()
    secret = {**answer.json(), "value": "ek_that_has_expired"}
    route.fulfill(response=answer, body=json.dumps(secret))


def test_a_device_that_is_full_loses_nothing_of_the_log(open_page: OpenPage, site: Site, openai: OpenAIControl) -> None:
    openai.script({"say": "Hello."})
    talker = open_page()
    expect(talker.button("Start talking")).to_be_visible()
    fill_the_device(talker, site)
    talker.open_sheet("Options")
    talker.page.get_by_role("radio", name="When I ask").check()
    talker.close_sheet()
    talker.start()
    talker.reads("Hello.")
    talker.hears_it_out()
    talker.end()
    expect(talker.alert).to_be_empty()
    assert_stored_once(talker, site.bucket)


def fill_the_device(talker: Talker, site: Site) -> None:
    """Nothing more can be kept: neither in the database nor among the choices."""
    talker.context.new_cdp_session(talker.page).send(
        "Storage.overrideQuotaForOrigin", {"origin": site.url, "quotaSize": 1}
    )
    talker.page.evaluate(FILL_THE_STORE)


FILL_THE_STORE = """
() => {
  for (let letters = 2 ** 23, name = 0; letters >= 1; letters = Math.floor(letters / 2), name += 1) {
    try { localStorage.setItem(`full-${name}`, "x".repeat(letters)); } catch { /* halved and tried again */ }
  }
}
"""
