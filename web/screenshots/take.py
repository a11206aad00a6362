"""Take pictures of the page's main states, from the local run in a real Chromium.

Usage: .venv/bin/python web/screenshots/take.py [folder]     default folder: build/screenshots

The README's picture is talking-820-light.png of these, kept as web/screenshots/talking.png. The page uses the device's
own font: where Inter is installed the pictures come nearest to an iPad's.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "functions"), str(ROOT / "infra")]

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from standins.local_run import Site, local_run  # noqa: E402
from standins.openai_realtime.speech import write_wav  # noqa: E402
from standins.serving import ServerThread  # noqa: E402

SIZES = {"820": (820, 1180), "390": (390, 844)}
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


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    servers = ServerThread()
    with tempfile.TemporaryDirectory() as run_folder, sync_playwright() as playwright:
        environment = {"PERSON_PER_MINUTE": "60"}
        site = servers.enter(local_run(Path(run_folder), environment=environment))
        chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
        microphone = Path(run_folder) / "silence.wav"
        write_wav(microphone, "", rate=48_000, silence_before=60)  # without a file Chromium's own microphone beeps
        flags = [*FLAGS, f"--use-file-for-fake-audio-capture={microphone}%noloop"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        for theme in ("light", "dark"):
            for size in SIZES:
                take(browser, site, theme, size, folder)
        browser.close()
        servers.stop()
    sys.stdout.write(f"{folder}\n")


def take(browser: Browser, site: Site, theme: str, size: str, folder: Path) -> None:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",  # a picture of a moment that is the same each time
    )
    page = context.new_page()
    page.goto(site.invite_link())
    picture(page, folder / f"ready-{size}-{theme}.png")
    talk(page, site)
    picture(page, folder / f"talking-{size}-{theme}.png")
    page.get_by_text("Events").click()
    picture(page, folder / f"activity-{size}-{theme}.png")
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_text("Events").click()
    picture(page, folder / f"ended-{size}-{theme}.png")
    fail(page, site)
    picture(page, folder / f"refused-{size}-{theme}.png")
    page.get_by_role("button", name="End and forget").click()
    page.get_by_text("You are signed out").wait_for()
    picture(page, folder / f"signed-out-{size}-{theme}.png")
    context.close()


def talk(page: Page, site: Site) -> None:
    ask(site, "script", {"turns": [{"say": said} for _, said in CONVERSATION]})
    page.get_by_role("button", name="Start talking").click()
    for typed, said in CONVERSATION:
        if typed:
            page.get_by_role("textbox", name="Message").fill(typed)
            page.get_by_role("button", name="Send").click()
        page.get_by_text(said).wait_for()
        page.locator('[data-voice="quiet"]').wait_for()  # a new message would interrupt what is being said


def fail(page: Page, site: Site) -> None:
    ask(site, "faults", {"path": "client_secrets", "fault": "insufficient_quota", "times": 1})
    page.get_by_role("button", name="Start talking").click()
    page.get_by_text("The server refused the call").wait_for()


def ask(site: Site, route: str, body: object) -> None:
    requests.post(f"{site.openai_url}/_standin/{route}", json=body, timeout=10).raise_for_status()


def picture(page: Page, file: Path) -> None:
    page.screenshot(path=file, animations="disabled")


if __name__ == "__main__":
    main()
