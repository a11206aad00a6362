"""Which functions and which page are not live as they are in the tree: deploy.sh and release.sh know."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from .desired import Desired
from .gcloud import Gcloud
from .reality import Reality
from .scripts import ask_script

FUNCTIONS_API = "cloudfunctions.googleapis.com"
RELEASE = "scripts/release.sh"


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """`functions` are those that are not current; `lines` is the gcloud command of each, as it would be run."""

    functions: tuple[str, ...] = ()
    lines: Mapping[str, str] = field(default_factory=dict)
    release: tuple[str, ...] = ()
    release_lines: tuple[str, ...] = ()

    def lines_of(self, functions: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.lines[name] for name in functions if name in self.lines)


def read_deployment(gcloud: Gcloud, desired: Desired, reality: Reality) -> Deployment:
    """Asks what is deployed where that can be asked. Raises GcloudFailed."""
    changed = ("--if-changed",) if FUNCTIONS_API in reality.services else ()
    told = ask_script(("scripts/deploy.sh", "--dry-run", *changed), {**gcloud.environment, **desired.names.environment})
    lines = {shlex.split(line)[3]: line.strip() for line in told.splitlines()}
    return Deployment(functions=tuple(lines), lines=lines)
