"""How many processes of pytest-xdist there are and which one runs what: whole files, the long ones first.

How long a file takes is told by the limit that it gives itself (pytest.mark.timeout): what may take half an hour must
not be what the run ends with. Files that stand on the same slow fixture stay together, so that it is made once.

A conversation in a browser is mostly waited for, and the other tests mostly compute: there is one process more than
cores, and as long as there are both kinds the first process runs the browser's files and the others the rest.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

MOST_PROCESSES = 4
IN_A_BROWSER = "tests/web/"
SHARE_A_RELEASE = ("test_release.py", "test_rollback.py", "test_trigger.py", "test_cloudbuild.py")


class WholeFiles(LoadFileScheduling):
    """--dist=loadfile, with several files as one, and the browser's for one process."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "releases" if Path(file).name in SHARE_A_RELEASE else file

    def _assign_work_unit(self, node: WorkerController) -> None:
        is_for_browsers = node is self.nodes[0]
        suitable = (scope for scope in self.workqueue if scope.startswith(IN_A_BROWSER) == is_for_browsers)
        self.workqueue.move_to_end(next(suitable, next(iter(self.workqueue))), last=False)
        super()._assign_work_unit(node)


def number_of_processes() -> int:
    """For --numprocesses=auto."""
    return min((os.cpu_count() or 1) + 1, MOST_PROCESSES)


def scheduling(config: pytest.Config, log: Producer) -> WholeFiles | None:
    """For --dist=loadfile; None leaves any other --dist as it is."""
    return WholeFiles(config, log) if config.getvalue("dist") == "loadfile" else None


def long_files_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    limits: dict[Path, float] = {}
    for item in items:
        limit = item.get_closest_marker("timeout")
        limits[item.path] = max(limits.get(item.path, 0.0), float(limit.args[0]) if limit and limit.args else 0.0)
    return sorted(items, key=lambda item: -limits[item.path])
