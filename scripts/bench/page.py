"""`bench.sh page`: click to first sound beside the usual page, the first paint, an hour of conversation."""

import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright
from standins.openai.speech import write_wav
from standins.serving import ServerThread

from .link import delayed_link
from .page_hour import Hour, measure_hour
from .page_sites import PEER, PageSites, page_sites, sign_in
from .processes import BenchError
from .report import Bar, Plan, Report, Table, median_of, note_progress

ROUND_TRIP_MS = 80
UPSTREAM_MS = 80
ROUND_TRIPS_OF_A_CALL = 7  # signalling 1, ICE 1, DTLS 2, SCTP 2, response 1
PRESS_MS = 100  # from the finger's way down to the click
SLOWDOWN = 4
PATIENCE_MS = 30_000
OURS, UNIFIED, PEER_NAME = "ours, client-secret", "ours, unified", "the usual page"
MARKS = Path(__file__).with_name("page_marks.js")
# A flag for the certificates, because what Playwright ignores by itself leaves out preconnects.
FLAGS = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--ignore-certificate-errors"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One call, milliseconds after the click."""

    reply_ms: float
    heard_ms: float

    @property
    def playout_ms(self) -> float:
        return self.heard_ms - self.reply_ms


def benchmark(plan: Plan) -> Report:
    if not PEER.is_dir():
        raise BenchError(f"The usual page is not built: expected {PEER} (scripts/bench.sh builds it).")
    servers = ServerThread()
    with TemporaryDirectory(prefix="voicemint-bench-") as folder, delayed_link(ROUND_TRIP_MS) as namespace:
        sites = servers.enter(page_sites(UPSTREAM_MS))
        with sync_playwright() as playwright:
            browser = Browser(playwright, namespace, Path(folder))
            starts = measure_starts(browser, sites, plan.rounds)
            paints = measure_paints(browser, sites, plan.rounds)
            hour = measure_hour(browser.opened, sites.link("client-secret"), minutes=2 if plan.quick else 60)
        servers.stop()
    return report(starts, paints, hour)


class Browser:
    """A fresh profile each time, at the far end of the link."""

    def __init__(self, playwright: Playwright, namespace: str, folder: Path) -> None:
        self._playwright = playwright
        self._microphone = folder / "silence.wav"
        write_wav(self._microphone, "", rate=48_000, silence_before=600)
        self._executable = folder / "browser"
        self._executable.write_text(f'#!/bin/sh\nexec ip netns exec {namespace} {_chromium()} "$@"\n')
        self._executable.chmod(self._executable.stat().st_mode | stat.S_IXUSR)

    @contextmanager
    def opened(self) -> Iterator[Page]:
        with TemporaryDirectory(prefix="voicemint-profile-") as profile:
            context: BrowserContext = self._playwright.chromium.launch_persistent_context(
                profile,
                executable_path=self._executable,
                ignore_https_errors=True,
                viewport={"width": 820, "height": 1180},
                args=[*FLAGS, f"--use-file-for-fake-audio-capture={self._microphone}%noloop"],
            )
            context.set_default_timeout(PATIENCE_MS)
            try:
                page = context.pages[0]
                page.add_init_script(path=MARKS)
                yield page
            finally:
                context.close()


def measure_starts(browser: Browser, sites: PageSites, rounds: int) -> dict[str, list[Start]]:
    starts: dict[str, list[Start]] = {OURS: [], UNIFIED: [], PEER_NAME: []}
    for number in range(rounds):
        note_progress(f"calls, round {number + 1} of {rounds}")
        for name in list(starts) if number % 2 == 0 else list(starts)[::-1]:
            with browser.opened() as page:
                starts[name].append(measure_start(page, sites, name))
    return starts


def measure_start(page: Page, sites: PageSites, name: str) -> Start:
    """Open the page as somebody who is signed in, wait until it is quiet, press, and wait for the first sound."""
    address = sign_in(page, sites.link({OURS: "client-secret", UNIFIED: "unified", PEER_NAME: "peer"}[name]))
    page.goto(f"{address}/peer/index.html" if name == PEER_NAME else address)
    page.wait_for_load_state("networkidle")
    button = page.get_by_role("button", name="Start talking").bounding_box()
    if button is None:
        raise BenchError(f"{name}: the button to start with is not there.")
    page.mouse.move(button["x"] + button["width"] / 2, button["y"] + button["height"] / 2)
    page.mouse.down()
    page.wait_for_timeout(PRESS_MS)
    page.mouse.up()
    marks = wait_for_mark(page, "heard")
    return Start(reply_ms=marks["reply"] - marks["click"], heard_ms=marks["heard"] - marks["click"])


def wait_for_mark(page: Page, name: str) -> dict[str, float]:
    for _ in range(PATIENCE_MS // 50):
        marks: dict[str, float] = page.evaluate("() => marks")
        if name in marks:
            return marks
        page.wait_for_timeout(50)
    raise BenchError(f"The page never came to '{name}': {json.dumps(marks)}")


def measure_paints(browser: Browser, sites: PageSites, rounds: int) -> list[float]:
    """Largest contentful paint of a first visit, milliseconds, on a processor made slower."""
    paints = []
    for number in range(rounds):
        note_progress(f"first paints, round {number + 1} of {rounds}")
        with browser.opened() as page:
            page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
            page.goto(sign_in(page, sites.link("client-secret")))
            page.wait_for_load_state("networkidle")  # to ask the page itself would slow it down
            page.get_by_role("button", name="End and forget").wait_for()
            paints.append(wait_for_mark(page, "paint")["paint"])
    return paints


def report(starts: Mapping[str, Sequence[Start]], paints: Sequence[float], hour: Hour) -> Report:
    heard = {name: median_of(runs, "heard_ms") for name, runs in starts.items()}
    playout = median_of([*starts[OURS], *starts[UNIFIED]], "playout_ms")
    floor = ROUND_TRIPS_OF_A_CALL * ROUND_TRIP_MS + UPSTREAM_MS + playout
    rows = [(name, f"{median_of(runs, 'reply_ms'):.0f}", f"{heard[name]:.0f}") for name, runs in starts.items()]
    table = Table(
        f"Click to first sound, ms ({ROUND_TRIP_MS} ms round trip, {UPSTREAM_MS} ms function to OpenAI)",
        ("", "reply", "heard"),
        [*rows, (f"{ROUND_TRIPS_OF_A_CALL} round trips + upstream + playout", "", f"{floor:.0f}")],
    )
    bars = [
        Bar(name=f"{name} / {PEER_NAME}", value=heard[name] / heard[PEER_NAME], limit=0.60, unit="x")
        for name in (OURS, UNIFIED)
    ]
    bars += [Bar(name=f"{name} / floor", value=heard[name] / floor, limit=1.10, unit="x") for name in (OURS, UNIFIED)]
    bars.append(
        Bar(name=f"largest paint, {SLOWDOWN}x slower processor", value=median(paints) / 1000, limit=1.0, unit="s")
    )
    measurements: dict[str, Any] = {
        "starts": {name: [asdict(run) for run in runs] for name, runs in starts.items()},
        "paints": list(paints),
        "hour": asdict(hour),
    }
    return Report([table], [*bars, *hour.bars()], measurements)


def _chromium() -> str:
    found = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    if found is None:
        raise BenchError("Chromium was not found. Install it (sudo apt-get install chromium), or name one in CHROMIUM.")
    return found
