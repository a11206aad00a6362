"""The command line of scripts/rollback.sh."""

import argparse
import sys
from collections.abc import Sequence

from common.command_line import CommandLine
from common.console import CommandFailed, run, say, show

from . import pins
from .hosting import KEPT, Release, make_live, previous, releases
from .project import Released, released_project


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    project = released_project()
    history = releases(project)
    if options.list:
        show(as_table(history))
        return 0
    if options.forget:
        return forget(project, history, yes=options.yes)
    target = chosen(history, options.to)
    check_pins(project, target)
    say(
        f"The site https://{project.site}.web.app now serves version {history[0].version} of {moment(history[0])}.\n"
        f"It would serve version {target.version} of {moment(target)} again: the page, and the functions it was tested "
        "with.\nFunctions that the page does not use, and data, stay as they are."
    )
    if not (options.yes or confirmed()):
        say("Cancelled. Nothing was changed.")
        return 1
    make_live(project, target.version)
    now = releases(project)[0].version
    if now != target.version:
        raise CommandFailed(
            happened=f"Version {target.version} is not live: version {now} is",
            todo="Somebody else released: scripts/rollback.sh --list",
        )
    show(f"Live: version {target.version} of {moment(target)}")
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = CommandLine("scripts/rollback.sh")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true")
    what.add_argument("--forget", action="store_true")
    what.add_argument("--to", metavar="VERSION")
    parser.add_argument("--yes", action="store_true")
    return parser.parse_args(arguments)


def chosen(history: list[Release], version: str | None) -> Release:
    """Raises CommandFailed where there is nothing to go back to."""
    if not history:
        raise CommandFailed(happened="Nothing was released yet", todo="Make the first one: scripts/release.sh")
    known = [release for release in history if release.shows_a_site]
    target = previous(history) if version is None else next((r for r in known if r.version == version), None)
    if target is None:
        raise CommandFailed(
            happened="There is no earlier release" if version is None else f"Version {version!r} was never live",
            todo="See what there is: scripts/rollback.sh --list",
        )
    if target.version == history[0].version:
        raise CommandFailed(happened=f"Version {target.version} is live already", todo="Nothing to do.")
    return target


def check_pins(project: Released, target: Release) -> None:
    """A page whose functions are gone would be no way back. Raises CommandFailed."""
    tags = {service["metadata"]["name"]: pins.tags_of(service) for service in pins.list_services(project)}
    gone = sorted(name for name, tag in target.pins if tag and tag not in tags.get(name, {}))
    if gone:
        raise CommandFailed(
            happened=f"Version {target.version} needs revisions that no longer exist, of {', '.join(gone)}",
            todo=f"The last {KEPT} releases keep theirs. Release the older one's sources: scripts/release.sh",
        )


def forget(project: Released, history: list[Release], *, yes: bool) -> int:
    """After a hole was closed in a function: nobody can ask the old ones any more, nor go back to them."""
    say(
        f"Only version {history[0].version} stays, which is live. Older releases and previews lose their functions: "
        "there is no way back to them."
        if history
        else "Nothing was released: no function has an address of an older one that is kept."
    )
    if not (yes or confirmed()):
        say("Cancelled. Nothing was changed.")
        return 1
    pins.unpin(project, history[0].pins if history else ())
    return 0


def confirmed() -> bool:
    say("Do it? [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def moment(release: Release) -> str:
    """2026-11-21 13:40 UTC"""
    return f"{release.released[:10]} {release.released[11:16]} UTC"


def as_table(history: list[Release]) -> str:
    if not history:
        return "Nothing was released yet."
    rows = [
        f"{release.version:<18}{moment(release)}  {release.by}{'  (live)' if not position else ''}"
        for position, release in enumerate(history)
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(run(lambda: main(sys.argv[1:])))
