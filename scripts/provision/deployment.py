"""Which functions and which page are not live as they are in the tree: deploy.sh and release.sh know."""

import shlex
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from common.gcloud import Gcloud

from .desired import Desired
from .reality import Reality
from .scripts import ask_script

FUNCTIONS_API = "cloudfunctions.googleapis.com"
RELEASE = ("scripts/release.sh", "--if-changed")


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """`functions` are those that are not current; `lines` is the gcloud command of each, as it would be run."""

    functions: tuple[str, ...] = ()
    lines: Mapping[str, str] = field(default_factory=dict)
    release: tuple[str, ...] = ()

    def lines_of(self, functions: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.lines[name] for name in functions if name in self.lines)


def read_deployment(gcloud: Gcloud, desired: Desired, reality: Reality) -> Deployment:
    """Asks what is deployed where that can be asked. Raises GcloudFailed."""
    environment = {**gcloud.environment, **desired.names.environment}
    deployed = ("--if-changed",) if FUNCTIONS_API in reality.services else ()
    with ThreadPoolExecutor(2) as pool:
        functions = pool.submit(ask_script, ("scripts/deploy.sh", "--dry-run", *deployed), environment)
        released = reality.firebase
        page = pool.submit(ask_script, (*RELEASE, "--dry-run"), environment) if released else None
    lines = {shlex.split(line)[3]: line.strip() for line in functions.result().splitlines()}
    is_released = page is not None and not page.result().strip()
    return Deployment(functions=tuple(lines), lines=lines, release=() if is_released else RELEASE)
