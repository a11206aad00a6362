"""WebKitGTK, the engine nearest to an iPad's that can be had on Linux, driven over W3C WebDriver's own HTTP."""

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from standins.function_process import free_port
from standins.guest import guest_of
from urllib3.util.retry import Retry

DRIVER = shutil.which("WebKitWebDriver")
SCREEN = shutil.which("Xvfb")
BROWSERS = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
needs_webkit = pytest.mark.skipif(
    not (DRIVER and SCREEN and BROWSERS),
    reason="NOT TESTED: WebKitGTK is not installed: sudo apt-get install webkit2gtk-driver xvfb",
)
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # how WebDriver marks a reference to an element
SELECTORS = {"button": "button", "switch": "input[role=switch]"}
AGAIN_AND_AGAIN = """
const rest = [...arguments];
const done = rest.pop();
const isRight = function () { %s };
const look = () => (isRight(...rest) ? done() : setTimeout(look, 50));
look();
"""
NOTHING_SLIDES = """
return document.getAnimations().every(({ effect }) => effect.getComputedTiming().iterations === Infinity);
"""
SCREEN_PIXELS = "1280x1280x24"
REQUEST_SECONDS = 60
ENDING_SECONDS = 10
TRIES = 40


class WebKit:
    """One window of a running WebKit."""

    def __init__(self, driver_url: str, arguments: list[str]) -> None:
        options = {"binary": str(BROWSERS[0]), "args": ["--automation", *arguments]}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        self._url = f"{driver_url}/session"
        self._url += "/" + self._ask("POST", "", wanted)["sessionId"]

    def go(self, address: str) -> None:
        """Opens the page anew, also where only what follows the "#" is another."""
        self._ask("POST", "/url", {"url": "about:blank"})
        self._ask("POST", "/url", {"url": address})

    def enter(self, link: str) -> None:
        """Opens a link and taps, and waits until it was answered for."""
        self.go(link)
        button = f"Continue as {guest_of(link)}"
        self.reads(button)
        self.click("button", button)
        self.eventually("return location.hash === ''")

    def resize(self, width: int, height: int) -> None:
        """Makes what a page can fill this large; the browser's own bar comes on top of it."""
        bar = int(self.run("return outerHeight - innerHeight"))
        self._ask("POST", "/window/rect", {"width": width, "height": height + bar})
        self.eventually("return innerWidth === arguments[0] && innerHeight === arguments[1]", width, height)

    def run(self, script: str, *arguments: object) -> Any:
        """What the script returns."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": arguments})

    def eventually(self, script: str, *arguments: object) -> None:
        """Waits until the script returns something true."""
        self._ask("POST", "/execute/async", {"script": AGAIN_AND_AGAIN % script, "args": arguments})

    def click(self, role: str, name: str) -> None:
        """Clicks what has this role and this accessible name, when it does not move any more."""
        self.eventually(NOTHING_SLIDES)
        for found in self._ask("POST", "/elements", {"using": "css selector", "value": SELECTORS[role]}):
            element = f"/element/{found[ELEMENT]}"
            if self._ask("GET", f"{element}/computedlabel") == name:
                self._ask("POST", f"{element}/click", {})
                return
        raise AssertionError(f"no {role} is called {name!r}")

    def reads(self, words: str) -> None:
        """Waits until the page shows these words."""
        try:
            self.eventually("return document.body.innerText.includes(arguments[0])", words)
        except AssertionError:
            raise AssertionError(f"expected {words!r}; found: {self.run('return document.body.innerText')}") from None

    def picture(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self._ask("GET", "/screenshot")))

    def close(self) -> None:
        self._ask("DELETE", "")

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        answer = requests.request(method, self._url + path, json=body, timeout=REQUEST_SECONDS)
        value = answer.json()["value"]
        assert answer.ok, value
        return value


@contextmanager
def webkit(folder: Path, *arguments: str) -> Iterator[WebKit]:
    """A WebKit on a screen of its own, until the block ends; `folder` keeps its configuration."""
    _make_small(folder / "gtk-3.0" / "gtk.css")
    with _screen() as display, _driver(display, folder) as url:
        window = WebKit(url, list(arguments))
        try:
            yield window
        finally:
            window.close()


def _make_small(styles: Path) -> None:
    """Without this the browser's own bar keeps the window wider than a telephone."""
    styles.parent.mkdir(parents=True, exist_ok=True)
    styles.write_text("* { padding: 0; margin: 0; min-width: 0; min-height: 0; font-size: 1px; }")


@contextmanager
def _screen() -> Iterator[str]:
    """The display of an X server that nobody sees."""
    read, write = os.pipe()
    command = [str(SCREEN), "-displayfd", str(write), "-screen", "0", SCREEN_PIXELS, "-nolisten", "tcp"]
    with _running(command, {**os.environ}, keep_open=(write,)), os.fdopen(read) as told:
        os.close(write)
        yield f":{told.readline().strip()}"


@contextmanager
def _driver(display: str, folder: Path) -> Iterator[str]:
    """The URL of a WebDriver that answers."""
    environment = {**os.environ, "DISPLAY": display, "XDG_CONFIG_HOME": str(folder), "NO_AT_BRIDGE": "1"}
    if os.geteuid() == 0:
        environment["WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS"] = "1"  # its sandbox cannot be made by root
    port = free_port()
    with _running([str(DRIVER), f"--port={port}"], environment), requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=Retry(connect=TRIES, backoff_factor=0.05, backoff_max=1)))
        session.get(f"http://127.0.0.1:{port}/status", timeout=REQUEST_SECONDS).raise_for_status()
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _running(command: list[str], environment: dict[str, str], keep_open: tuple[int, ...] = ()) -> Iterator[None]:
    process = subprocess.Popen(command, env=environment, pass_fds=keep_open, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(ENDING_SECONDS)
