"""What a release would write over and Voicemint did not make: looked for before its first write."""

import argparse
import sys
from collections.abc import Iterator, Sequence

from common.command_line import CommandLine
from common.console import CommandFailed, run
from provision.ownership import is_our_page

from . import pins
from .current import deployed_functions, expected_release, is_ours
from .hosting import LIVE, last_releases
from .project import Released, released_project
from .publish import CHANNEL, channel_id


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    project = released_project()
    if options.channel is None:
        functions, channels = list(expected_release(project)["functions"]), [CHANNEL, LIVE]
    else:
        functions, channels = pins.rewritten_services(), [channel_id(options.channel)]
    if found := sorted({*strangers(project, functions, channels)} - {*options.adopt}):
        raise CommandFailed(
            happened=f"Voicemint did not make what has the names of this release: {', '.join(found)}",
            todo="Nothing was changed. Rename or delete it, or, if a release may replace it: "
            + " ".join(f"--adopt {thing}" for thing in found if not thing.startswith("service/")),
        )
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = CommandLine("scripts/release.sh")
    parser.add_argument("--channel", metavar="NAME")
    parser.add_argument("--adopt", action="append", default=[], metavar="KIND/NAME")
    return parser.parse_args(arguments)


def strangers(project: Released, functions: Sequence[str], channels: Sequence[str]) -> Iterator[str]:
    """KIND/NAME of each."""
    deployed = deployed_functions(project)
    services = {service["metadata"]["name"]: service for service in pins.list_services(project)}
    for name in functions:
        found, service = deployed.get(name), services.get(name)
        if (found or service) and not is_ours(found or {}, service or {}):
            yield f"function/{name}" if found else f"service/{name}"
    for channel, release in last_releases(project).items():
        if channel in channels and release.get("type") != "SITE_DISABLE" and not is_our_page(release, functions):
            yield f"site/{project.site}" if channel == LIVE else f"channel/{channel}"


if __name__ == "__main__":
    sys.exit(run(lambda: main(sys.argv[1:])))
