"""From functions that are deployed and a page that is built to a release: the second half of scripts/release.sh."""

import hashlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence

import requests
from common.command_line import CommandLine
from common.console import CommandFailed, run, say, show
from common.fingerprint import RELEASE_FILE, ROOT

from . import pins
from .current import expected_release, live_release, tell, what_differs
from .earlier_pages import keep_earlier_pages
from .firebase_cli import firebase
from .hosting import LIVE, Release, make_live, pins_in_use, releases
from .project import WEB, Released, released_project

CHANNEL = "release"
MAX_CHANNEL = 22  # with the site's name and eight letters of Google's it is one part of a host's name
EXPIRES = "7d"
SMOKE = ROOT / "scripts" / "smoke.sh"
SERVED_SECONDS, LOOK_SECONDS = 90, 2
CHANGED = 3


def main(arguments: Sequence[str]) -> int:
    parser = CommandLine("scripts/release.sh")
    parser.add_argument("--channel", metavar="NAME")
    parser.add_argument("--compare", action="store_true")
    options = parser.parse_args(arguments)
    project = released_project()
    if options.compare:
        differs = what_differs(project)
        tell(differs)
        return CHANGED if differs else 0
    publish(project, None if options.channel is None else channel_id(options.channel))
    return 0


def channel_id(name: str) -> str:
    """A branch's name as Hosting takes it; two long ones that begin alike stay two."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if plain in ("", LIVE, CHANNEL):
        raise CommandFailed(happened=f"{name!r} cannot be the name of a preview", todo="Choose another --channel.")
    if len(plain) <= MAX_CHANNEL:
        return plain
    return f"{plain[: MAX_CHANNEL - 7].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def publish(project: Released, preview: str | None) -> None:
    """Release to a channel, try it there, and make it live; or leave it there, where it is a branch's `preview`."""
    before = releases(project)
    say("Pinning the newest revisions")
    pins.pin(project)
    expected = expected_release(project)
    (WEB / "dist" / RELEASE_FILE).write_text(json.dumps(expected, indent=2) + "\n", encoding="utf-8")
    if not preview:
        keep_earlier_pages(project.names.site_url, WEB / "dist")
    url, version = release_to(project, preview or CHANNEL)
    smoke(url, expected, before)
    if preview:
        show(url)
        return
    say(f"Making version {version} live")
    make_live(project, version)
    wait_until_served(project.site_url, expected, "Look again in a minute. Does SITE_URL lead to this site?")
    pins.unpin(project, pins_in_use(project))
    show(project.site_url)


def release_to(project: Released, channel: str) -> tuple[str, str]:
    """Upload to a channel: its URL and the version."""
    say(f"Releasing to the channel {channel}")
    result = firebase(project, "hosting:channel:deploy", channel, f"--expires={EXPIRES}", "--no-authorized-domains")
    released = result[project.site]
    return str(released["url"]), str(released["version"])


def smoke(url: str, expected: dict[str, object], before: list[Release]) -> None:
    """Raises CommandFailed, which says that live is as it was."""
    say(f"Smoke check of {url}")
    wait_until_served(url, expected, _untouched(before))
    ended = subprocess.run([SMOKE, url], stdin=subprocess.DEVNULL, check=False)
    if ended.returncode:
        raise CommandFailed(
            happened="The smoke check failed (see above)",
            todo=f"{_untouched(before)} The failed release stays at {url} for {EXPIRES}.",
        )


def _untouched(before: list[Release]) -> str:
    if not before:
        return "The live site was not touched: there is none yet."
    return f"The live site was not touched: it serves version {before[0].version} of {before[0].released[:19]}."


def wait_until_served(url: str, expected: dict[str, object], todo: str) -> None:
    """A new address and Hosting's caches take a moment. Raises CommandFailed."""
    deadline = time.monotonic() + SERVED_SECONDS
    while not _serves(url, expected):
        if time.monotonic() > deadline:
            raise CommandFailed(happened=f"This release was not at {url} within {SERVED_SECONDS} s", todo=todo)
        time.sleep(LOOK_SECONDS)


def _serves(url: str, expected: dict[str, object]) -> bool:
    try:
        return live_release(url) == expected
    except requests.RequestException:
        return False


if __name__ == "__main__":
    sys.exit(run(lambda: main(sys.argv[1:])))
