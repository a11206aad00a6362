"""The page's policy as a browser enforces it: nothing from elsewhere, no text becomes code, no other page around it."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web
from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from standins.local.site import Site
from standins.serving import ServerThread

from .talker import PATIENCE_MILLISECONDS

OBSERVE = """
window.refused = new Promise((resolve) =>
  addEventListener("securitypolicyviolation", ({ effectiveDirective }) => resolve(effectiveDirective)));
"""
# After a turn of the event loop: what a debugger evaluates itself may do more than the page.
ATTEMPT = """
(attempt) => new Promise((done) => setTimeout(() => {
  const made = (tag, settings) => Object.assign(document.createElement(tag), settings);
  refused.then(done);
  try { ({ATTEMPTS})[attempt](); } catch { /* the event says why */ }
}))
"""
ATTEMPTS = """{
  html: () => { document.createElement("p").innerHTML = "<b>x</b>"; },
  code: () => { window.ran = eval("1"); },
  "a policy": () => trustedTypes.createPolicy("another", { createHTML: (text) => text }),
  fetch: () => fetch("https://evil.example/"),
  image: () => document.body.append(Object.assign(new Image(), { src: "https://evil.example/x.png" })),
  style: () => document.head.append(made("style", { textContent: "p { color: red }" })),
  frame: () => document.body.append(made("iframe", { src: "https://evil.example/" })),
  base: () => document.head.append(made("base", { href: "https://evil.example/" })),
  form: () => {
    const form = made("form", { action: "https://evil.example/", method: "post" });
    document.body.append(form);
    form.submit();
  },
}"""
REFUSED_BY = {
    "html": "require-trusted-types-for",
    "code": "require-trusted-types-for",
    "a policy": "trusted-types",
    "fetch": "connect-src",
    "image": "img-src",
    "style": "style-src-elem",
    "frame": "frame-src",
    "base": "base-uri",
    "form": "form-action",
}
FRAMING = "<!doctype html><iframe src='{}'></iframe>"
READ = "(url) => fetch(url, { mode: 'no-cors' }).then(() => 'read', () => 'refused')"


@pytest.fixture
def visit(chromium: Callable[[Path | None, str], Browser]) -> Iterator[Callable[[str], Page]]:
    context = chromium(None, "", False).new_context()

    def open_(url: str) -> Page:
        page = context.new_page()
        page.add_init_script(OBSERVE)
        page.goto(url)
        return page

    yield open_
    context.close()


def test_a_script_in_the_page_reaches_nothing_and_makes_no_code(visit: Callable[[str], Page], site: Site) -> None:
    found = {}
    for attempt in REFUSED_BY:
        page = visit(site.url)
        found[attempt] = page.evaluate(ATTEMPT.replace("{ATTEMPTS}", ATTEMPTS), attempt)
        assert page.evaluate("() => window.ran") is None
        page.close()
    assert found == REFUSED_BY


def test_no_page_frames_or_reads_ours(visit: Callable[[str], Page], site: Site, servers: ServerThread) -> None:
    another = another_site(servers)
    its_own = another.replace("127.0.0.1", "localhost") + "/plain"  # of another origin, and without a policy
    for framed, frames, reads in (
        (its_own, its_own, "read"),
        (site.url + "/", "chrome-error://chromewebdata/", "refused"),
    ):
        page = visit(f"{another}/?frame={framed}")
        assert url_in_frame(page, frames) == frames
        assert page.evaluate(READ, framed) == reads


def url_in_frame(page: Page, expected: str) -> str:
    """What the page's one frame shows in the end: the browser may tell of it after the page's own load."""
    frame = page.locator("iframe").element_handle().content_frame()
    assert frame is not None
    with suppress(PlaywrightTimeoutError):
        frame.wait_for_url(lambda url: url == expected, wait_until="commit", timeout=PATIENCE_MILLISECONDS)
    return frame.url


def another_site(servers: ServerThread) -> str:
    async def framing(request: web.Request) -> web.Response:
        return web.Response(text=FRAMING.format(request.query["frame"]), content_type="text/html")

    async def plain(_request: web.Request) -> web.Response:
        return web.Response(text="plain")

    app = web.Application()
    app.add_routes([web.get("/", framing), web.get("/plain", plain)])
    return servers.serve(app)
