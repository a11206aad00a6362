"""Take pictures of the page's main states, from the local run in a real Chromium.

Usage: .venv/bin/python web/screenshots/take.py [folder] [--only TEXT]     default folder: build/screenshots

--only takes the pictures whose name contains TEXT, such as 390-dark or options. The README's picture is
talking-820-light.png of these, kept as web/screenshots/talking.png. The page uses the device's own font: where Inter is
installed the pictures come nearest to an iPad's.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "functions"), str(ROOT / "infra")]

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from standins.guest import take_link  # noqa: E402
from standins.local.site import Site, local_run  # noqa: E402
from standins.openai.speech import write_wav  # noqa: E402
from standins.serving import ServerThread  # noqa: E402

SIZES = {"820": (820, 1180), "390": (390, 844), "1180": (1180, 820)}
FLAGS = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
]
CONVERSATION = (
    ("", "Hello! How can I help you today?"),
    ("I have eggs, tomatoes and ten minutes. What can I cook?", "Shakshuka: eggs set in a tomato sauce with paprika."),
    ("Sounds good. How do I start?", "Warm some oil, add garlic and the chopped tomatoes, and let it simmer."),
)


@dataclass(frozen=True)
class Shot:
    """One browser, one size, one theme: `picture("talking")` writes talking-820-light.png."""

    site: Site
    page: Page
    suffix: str
    folder: Path
    only: str

    def picture(self, name: str) -> None:
        file = f"{name}-{self.suffix}.png"
        if self.only in file:
            self.page.screenshot(path=self.folder / file, animations="disabled")

    def button(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def opened(self, name: str) -> None:
        self.button(name)
        self.page.locator(".sheet .card").first.wait_for()
        self.page.wait_for_timeout(300)  # figures that are asked of the connection

    def ask(self, route: str, body: object) -> None:
        url = f"{self.site.openai_url}/_standin/{route}"
        requests.post(url, json=body, headers=self.site.authorization, timeout=10).raise_for_status()

    def quiet(self) -> None:
        self.page.locator('.orb[data-voice="quiet"]').wait_for()  # a new message would interrupt what is being said


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "screenshots")
    parser.add_argument("--only", default="", metavar="TEXT")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with started() as (browser, site):
        for theme in ("light", "dark"):
            for size in SIZES:
                suffix = f"{size}-{theme}"
                for story in (conversation, pictures, other_languages, without_network, refused, links):
                    shoot(browser, site, suffix, arguments.folder, arguments.only, story)
    sys.stdout.write(f"{arguments.folder}\n")


@contextmanager
def started() -> Iterator[tuple[Browser, Site]]:
    servers = ServerThread()
    with tempfile.TemporaryDirectory() as run_folder, sync_playwright() as playwright:
        often = {"PERSON_PER_MINUTE": "1000", "INSTANCE_PER_MINUTE": "1000", "DAILY_LIMIT": "1000"}
        often |= {"PERSON_DAILY_LIMIT": "1000", "MAX_CALLS_AT_ONCE": "100"}
        site = servers.enter(local_run(Path(run_folder), environment=often))
        chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
        microphone = Path(run_folder) / "silence.wav"
        write_wav(microphone, "", rate=48_000, silence_before=60)  # without a file Chromium's own microphone beeps
        flags = [*FLAGS, f"--use-file-for-fake-audio-capture={microphone}%noloop"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser, site
        browser.close()
        servers.stop()


def shoot(browser: Browser, site: Site, suffix: str, folder: Path, only: str, story: Callable[[Shot], None]) -> None:
    """Tells one story in a context of its own, unless --only asks for another size or theme."""
    if only and not any(only in f"{name}-{suffix}.png" for name in STORIES[story.__name__]):
        return
    size, theme = suffix.split("-")
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",  # a picture of a moment that is the same each time
        device_scale_factor=2 if size == "390" else 1,
        locale="de-DE" if story is other_languages else "en-GB",
    )
    page = context.new_page()
    take_link(page, site.invite_link())
    story(Shot(site, page, suffix, folder, only))
    context.close()


def conversation(shot: Shot) -> None:
    shot.page.get_by_text("Check the microphone").wait_for()
    shot.picture("ready")
    talk(shot)
    shot.picture("talking")
    shot.opened("Details")
    shot.picture("details")
    shot.page.locator(".event-line").nth(-2).click()
    shot.page.locator(".inspector").scroll_into_view_if_needed()
    shot.picture("events")
    shot.button("Close")
    shot.opened("Options")
    shot.picture("options")
    shot.page.get_by_text("Record the sound").scroll_into_view_if_needed()
    shot.picture("options-end")
    shot.page.get_by_role("radio", name="Push to talk").check()
    shot.button("Keyboard")
    shot.page.get_by_text("Use keyboard shortcuts").wait_for()
    shot.picture("keyboard")
    shot.button("Close")
    shot.picture("push-to-talk")
    shot.button("End")
    shot.picture("ended")


def pictures(shot: Shot) -> None:
    shot.ask("script", {"turns": [{"say": "Hello! Show me what you have."}, {"tool": {"name": "find_recipe"}}]})
    shot.button("Start talking")
    shot.page.get_by_text("Show me what you have.").wait_for()
    shot.quiet()
    shot.button("Show something")
    shot.picture("show")
    shot.button("Camera")
    shot.page.wait_for_timeout(500)
    shot.button("Send a picture now")
    shot.page.get_by_role("textbox", name="Message").fill("What can I cook with this?")
    shot.button("Send")
    shot.page.get_by_text("Used find_recipe").wait_for()
    shot.picture("picture")


def other_languages(shot: Shot) -> None:
    shot.page.get_by_text("Mikrofon prüfen").wait_for()
    shot.picture("ready-german")
    shot.button("Gespräch starten")
    shot.page.get_by_text("Verbunden", exact=True).wait_for()
    shot.page.get_by_text("stand-in").first.wait_for()
    shot.quiet()
    shot.picture("talking-german")
    shot.opened("Einstellungen")
    shot.picture("options-german")
    shot.button("Schließen")
    shot.opened("Details")
    shot.picture("details-german")
    shot.button("Schließen")
    shot.opened("Einstellungen")
    shot.page.get_by_label("Sprache").select_option("ja")
    shot.page.get_by_role("heading", name="設定").wait_for()
    shot.picture("options-japanese")
    shot.button("閉じる")
    shot.picture("talking-japanese")
    shot.opened("詳細")
    shot.picture("details-japanese")
    shot.button("閉じる")
    shot.button("終了")
    shot.page.get_by_text("通話終了").wait_for()


def without_network(shot: Shot) -> None:
    shot.page.get_by_text("Check the microphone").wait_for()
    shot.page.context.set_offline(True)
    shot.page.get_by_text("You are offline").wait_for()
    shot.picture("offline")


def refused(shot: Shot) -> None:
    shot.ask("faults", {"path": "client_secrets", "fault": "insufficient_quota", "times": 1})
    shot.button("Start talking")
    shot.page.get_by_text("The server refused the call").wait_for()
    shot.picture("refused")
    shot.button("End and forget")
    shot.page.get_by_text("You are signed out").wait_for()
    shot.picture("signed-out")


def links(shot: Shot) -> None:
    link = shot.site.invite_link("Ana's iPad")
    open_untapped(shot, link)
    shot.page.get_by_role("button", name="Stay Guest").wait_for()
    shot.picture("link-of-another")
    shot.page.context.clear_cookies()
    open_untapped(shot, link)
    shot.page.get_by_role("button", name="Continue as Ana's iPad").wait_for()
    shot.picture("link")


def open_untapped(shot: Shot, link: str) -> None:
    shot.page.goto("about:blank")  # else only what follows the "#" is another, and nothing is loaded
    shot.page.goto(link)


ENDING = ["push-to-talk", "ended"]
STORIES = {
    "conversation": ["ready", "talking", "details", "events", "options", "options-end", "keyboard", *ENDING],
    "pictures": ["show", "picture"],
    "other_languages": [f"{name}-german" for name in ("ready", "talking", "options", "details")]
    + [f"{name}-japanese" for name in ("options", "talking", "details")],
    "without_network": ["offline"],
    "refused": ["refused", "signed-out"],
    "links": ["link-of-another", "link"],
}


def talk(shot: Shot) -> None:
    shot.ask("script", {"turns": [{"say": said} for _, said in CONVERSATION]})
    shot.button("Start talking")
    for typed, said in CONVERSATION:
        if typed:
            shot.page.get_by_role("textbox", name="Message").fill(typed)
            shot.button("Send")
        shot.page.get_by_text(said).wait_for()
        shot.quiet()


if __name__ == "__main__":
    main()
