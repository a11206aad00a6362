"""An hour of conversation at its peak: what it leaves on the heap, and the longest task."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from playwright.sync_api import CDPSession, Page, Request, expect

from .page_sites import sign_in
from .report import Bar, note_progress

SCRIPT = Path(__file__).with_name("page_hour.js")
EVENTS_PER_MINUTE = 2000
MEGABYTE = 1e6
LOG_SECONDS, QUIET_SECONDS = 180, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    minutes: int
    turns: int
    heap_before_mb: float
    heap_after_mb: float
    longest_task_ms: float

    def bars(self) -> list[Bar]:
        growth = self.heap_after_mb - self.heap_before_mb
        return [
            Bar(name=f"heap growth in {self.minutes} minutes", value=growth, limit=20, unit=" MB"),
            Bar(name="longest task after the start", value=self.longest_task_ms, limit=100, unit=" ms"),
        ]


def measure_hour(opened: Callable[[], AbstractContextManager[Page]], link: str, *, minutes: int) -> Hour:
    note_progress(f"{minutes} minutes of conversation, {EVENTS_PER_MINUTE} events a minute")
    with opened() as page:
        devtools = page.context.new_cdp_session(page)
        page.goto(sign_in(page, link))
        page.get_by_role("button", name="Start talking").click()
        expect(page.get_by_role("status")).to_have_text("Connected")
        page.wait_for_timeout(2_000)  # what is loaded when a call is open
        before = _heap_mb(devtools)
        page.evaluate("() => tasks.splice(0)")
        logged_at = [monotonic()]

        def note_log(request: Request) -> None:
            if request.url.endswith("/api/logs"):
                logged_at.append(monotonic())

        page.on("request", note_log)
        turns: int = page.evaluate(SCRIPT.read_text(), [minutes, EVENTS_PER_MINUTE])
        longest: float = page.evaluate("() => Math.max(0, ...tasks.map(({ duration }) => duration))")
        # Sixty times as fast as the talk, the log lags behind: what waits to be sent is none of the hour's.
        deadline = monotonic() + LOG_SECONDS
        while monotonic() < min(deadline, logged_at[-1] + QUIET_SECONDS):
            page.wait_for_timeout(500)
        after = _heap_mb(devtools)
    return Hour(minutes=minutes, turns=turns, heap_before_mb=before, heap_after_mb=after, longest_task_ms=longest)


def _heap_mb(devtools: CDPSession) -> float:
    devtools.send("HeapProfiler.collectGarbage")
    return float(devtools.send("Runtime.getHeapUsage")["usedSize"]) / MEGABYTE
