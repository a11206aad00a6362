"""The engine of an iPad's Safari, as far as Linux has it: the layout, the scripts, and what it says of microphones.

WebKitGTK is built without WebRTC: no call can be made in it, which the page has to say. What a call looks like is
shown to it as Chromium draws it, element by element.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from standins.local.site import Site

from .conftest import OpenPage
from .layout import CUT_OFF, SIDEWAYS, SMALL_TARGETS
from .openai_control import OpenAIControl
from .talker import LOOK_OUT
from .webkit import WebKit, needs_webkit, webkit

pytestmark = needs_webkit
SIZES = {"tablet": (820, 1180), "telephone": (390, 844)}
MICROPHONE = ("--enable-media-stream=true", "--enable-mock-capture-devices=true")
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen " * 4


@pytest.fixture(scope="module")
def safari(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebKit]:
    with webkit(tmp_path_factory.mktemp("webkit"), *MICROPHONE) as window:
        yield window


@pytest.mark.parametrize("size", SIZES)
def test_every_sheet_opens_and_nothing_is_cut_off(safari: WebKit, site: Site, size: str, tmp_path: Path) -> None:
    safari.resize(*SIZES[size])
    safari.enter(site.invite_link())
    safari.reads("This browser cannot make calls")
    safari.reads("Open the page in Safari 17.4 or newer")
    look(safari, tmp_path / "ready.png")
    for sheet, words in (("Options", "Appearance"), ("Details", "page.opened")):
        safari.click("button", sheet)
        safari.reads(words)
        look(safari, tmp_path / f"{sheet}.png")
        safari.click("button", "Close")
        safari.eventually("return document.querySelector('dialog') === null")


@pytest.mark.parametrize("size", SIZES)
def test_a_call_as_chromium_draws_it_fits(
    safari: WebKit, open_page: OpenPage, openai: OpenAIControl, site: Site, size: str, tmp_path: Path
) -> None:
    width, height = SIZES[size]
    openai.script({"say": "Good morning."}, {"say": "That is a long word."})
    talker = open_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
    talker.start()
    talker.reads("Good morning.")
    talker.write(f"Long words: {LONG}")
    talker.reads("That is a long word.")
    drawn = talker.page.evaluate(TAKE_DOWN)
    talker.end()

    safari.resize(width, height)
    safari.enter(site.invite_link())
    safari.reads("This browser cannot make calls")
    for theme in ("light", "dark"):
        safari.run(PUT_UP, drawn, theme)
        safari.reads("That is a long word.")
        look(safari, tmp_path / f"call-{theme}.png")
        for name in ("End", "Mute"):
            assert safari.run(IS_IN_SIGHT, name), name


def look(safari: WebKit, picture: Path) -> None:
    safari.picture(picture)
    assert safari.run(f"return ({CUT_OFF})") == 0
    assert safari.run(f"return ({SIDEWAYS})") == []
    assert safari.run(f"return ({SMALL_TARGETS})") == []


def test_a_microphone_that_is_allowed_is_listened_to(safari: WebKit, site: Site) -> None:
    safari.enter(site.invite_link())
    safari.reads("End and forget")
    safari.click("button", "Options")
    safari.reads("Check the microphone")
    safari.run(f"({LOOK_OUT})(arguments[0])", "Say something…")  # until it has heard something, which may be soon
    safari.click("button", "Check the microphone")
    safari.eventually("return window.isSeen")


def test_without_a_microphone_the_words_say_so(site: Site, tmp_path: Path) -> None:
    with webkit(tmp_path, "--enable-media-stream=true") as window:
        window.enter(site.invite_link())
        window.reads("End and forget")
        window.click("button", "Options")
        window.reads("Check the microphone")
        window.click("button", "Check the microphone")
        window.reads("No microphone was found")


TAKE_DOWN = """
() => {
  const attributesOf = ({ attributes }) => [...attributes].map(({ name, value }) => [name, value]);
  const take = (node) => node.nodeType === Node.TEXT_NODE
    ? node.data
    : [node.namespaceURI, node.localName, attributesOf(node), [...node.childNodes].map(take)];
  return [...document.getElementById("page").childNodes].map(take);
}
"""
PUT_UP = """
const put = (node) => {
  if (typeof node === "string") return document.createTextNode(node);
  const [namespace, name, attributes, children] = node;
  const element = document.createElementNS(namespace, name);
  for (const [key, value] of attributes) element.setAttribute(key, value);
  element.append(...children.map(put));
  return element;
};
document.documentElement.dataset.theme = arguments[1];
document.getElementById("page").replaceChildren(...arguments[0].map(put));
"""
IS_IN_SIGHT = """
const button = [...document.querySelectorAll("button")].find(({ innerText }) => innerText.trim() === arguments[0]);
const { top, bottom, left, right } = button.getBoundingClientRect();
return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
"""
