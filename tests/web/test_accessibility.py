"""Nobody is left out: axe-core in every state, small and turned screens, five languages, two themes, no mouse."""

import pytest
from playwright.sync_api import Route, expect

from .axe import assert_accessible
from .conftest import OpenPage
from .layout import CUT_OFF, SMALL_TARGETS
from .openai_control import OpenAIControl
from .talker import Talker

TELEPHONE = {"width": 390, "height": 844}
TABLET = {"width": 820, "height": 1180}
ON_ITS_SIDE = {"width": 844, "height": 390}
KEEPS_NO_PAGE = "delete Navigator.prototype.serviceWorker;"
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen " * 6


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [TELEPHONE, TABLET], ids=["390", "820"])
def test_axe_finds_nothing_serious_in_any_state(
    open_page: OpenPage, openai: OpenAIControl, size: dict[str, int], theme: str
) -> None:
    openai.script({"say": LONG}, {"tool": {"name": "find_recipe"}})
    talker = open_page(
        viewport=size, color_scheme=theme, reduced_motion="reduce"
    )  # half faded in, nothing has contrast
    expect(talker.button("Check the microphone")).to_be_visible()
    look(talker, "ready")
    talker.start()
    talker.reads("Donaudampf")
    look(talker, "talking")
    talker.write("Find it")
    talker.reads("Used find_recipe")
    talker.button("Show something").click()
    expect(talker.button("Camera")).to_be_visible()
    look(talker, "choosing what to show")
    for sheet in ("Options", "Details"):
        talker.open_sheet(sheet)
        look(talker, sheet)
        talker.close_sheet()
    talker.open_sheet("Options")
    talker.page.get_by_role("radio", name="Push to talk").check()
    talker.page.get_by_role("button", name="Keyboard").click()
    expect(talker.page.get_by_role("switch", name="Use keyboard shortcuts")).to_be_visible()
    look(talker, "Keyboard")
    talker.close_sheet()
    look(talker, "push to talk")
    talker.end()
    openai.fail("client_secrets", "insufficient_quota", times=10)
    talker.may_log_errors = True
    talker.button("Start talking").click()
    expect(talker.alert).to_contain_text("refused")
    look(talker, "refused")
    talker.assert_policy_kept()


def look(talker: Talker, where: str) -> None:
    assert_accessible(talker, where)
    assert talker.page.evaluate(CUT_OFF) == 0, f"{where}: wider than the screen"
    assert talker.page.evaluate(SMALL_TARGETS) == [], where


def test_on_its_side_a_telephone_shows_all_that_is_needed(open_page: OpenPage) -> None:
    talker = open_page(viewport=ON_ITS_SIDE)
    talker.start()
    talker.reads("offline stand-in")
    for needed in (talker.button("End"), talker.button("Mute"), talker.page.get_by_role("textbox", name="Message")):
        expect(needed).to_be_in_viewport(ratio=1)
    assert talker.page.evaluate(CUT_OFF) == 0


def test_the_page_speaks_the_browsers_language_and_another_when_it_is_chosen(open_page: OpenPage) -> None:
    talker = open_page(locale="de-AT", reduced_motion="reduce")  # half faded in, nothing has contrast
    expect(talker.button("Gespräch starten")).to_be_visible()
    expect(talker.page.locator("html")).to_have_attribute("lang", "de")
    talker.open_sheet("Einstellungen")
    talker.page.get_by_label("Sprache").select_option("ja")
    expect(talker.page.get_by_role("heading", name="設定")).to_be_visible()
    expect(talker.page.locator("html")).to_have_attribute("lang", "ja")
    talker.escape_sheet()
    expect(talker.button("話し始める")).to_be_visible()
    talker.reload()
    expect(talker.button("話し始める")).to_be_visible()
    assert_accessible(talker, "Japanese")


def test_what_went_wrong_follows_the_language(open_page: OpenPage, openai: OpenAIControl) -> None:
    openai.fail("calls", "html", times=10)
    talker = open_page()
    talker.may_log_errors = True
    talker.button("Start talking").click()
    expect(talker.alert).to_contain_text("OpenAI sent an invalid response")
    talker.open_sheet("Options")
    talker.page.get_by_label("Language").select_option("fr")
    talker.close_sheet("Fermer")
    expect(talker.alert).to_contain_text("OpenAI a envoyé une réponse non valide")


def test_the_chosen_appearance_holds_against_the_devices_and_at_the_next_visit(open_page: OpenPage) -> None:
    talker = open_page(color_scheme="light")
    light = ground(talker)
    talker.open_sheet("Options")
    talker.page.get_by_role("radio", name="Dark").check()
    dark = ground(talker)
    assert dark != light
    talker.reload()
    expect(talker.button("Start talking")).to_be_visible()
    assert ground(talker) == dark


def ground(talker: Talker) -> str:
    return str(talker.page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor"))


def test_the_keyboard_alone_opens_reads_and_closes_everything(open_page: OpenPage, openai: OpenAIControl) -> None:
    openai.script({"say": "Hello."}, {"say": "Typed and heard."})
    talker = open_page()
    expect(talker.button("Start talking")).to_be_visible()
    keyboard = talker.page.keyboard
    for key, name in (("?", "Keyboard"), ("o", "Options"), ("d", "Details")):
        keyboard.press(key)
        expect(talker.page.get_by_role("dialog", name=name)).to_be_visible()
        talker.escape_sheet()
    talker.button("Start talking").focus()
    keyboard.press("Enter")
    expect(talker.status).to_have_text("Connected")
    talker.reads("Hello.")
    keyboard.press("m")
    expect(talker.button("Mute")).to_have_attribute("aria-pressed", "true")
    keyboard.press("t")
    keyboard.type("Mute me? ?odm")  # letters that would be shortcuts elsewhere
    keyboard.press("Enter")
    talker.reads("Mute me? ?odm", "Typed and heard.")
    expect(talker.page.get_by_role("dialog")).to_have_count(0)


def test_a_key_that_is_pressed_before_the_rest_of_the_page_has_arrived_counts(open_page: OpenPage) -> None:
    talker = open_page(script=KEEPS_NO_PAGE)  # else what comes later may come from the device, past the network
    first, held, is_slow = talker.page.content(), list[Route](), True

    def hold_what_comes_later(route: Route) -> None:
        if is_slow and route.request.url.rpartition("/")[2] not in first:
            held.append(route)
        else:
            route.continue_()

    talker.page.route("**/assets/*.js", hold_what_comes_later)
    talker.reload()
    expect(talker.button("Start talking")).to_be_visible()
    talker.page.keyboard.press("?")
    talker.eventually(lambda: held, bool)
    is_slow = False
    for route in held:
        route.continue_()
    expect(talker.page.get_by_role("dialog", name="Keyboard")).to_be_visible()


def test_single_keys_can_be_turned_off(open_page: OpenPage) -> None:
    talker = open_page()
    expect(talker.button("Start talking")).to_be_visible()
    talker.page.keyboard.press("?")
    talker.page.get_by_role("switch", name="Use keyboard shortcuts").uncheck()
    talker.escape_sheet()
    talker.page.keyboard.press("?")
    expect(talker.page.get_by_role("dialog")).to_have_count(0)
