"""Which process of pytest-xdist runs what: whole files, the long ones first.

How long a file takes is told by the limit that it gives itself (pytest.mark.timeout): what may take half an hour must
not be what the run ends with. Files that stand on the same slow fixture stay together, so that it is made once.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

SHARE_A_RELEASE = ("test_release.py", "test_rollback.py", "test_trigger.py", "test_cloudbuild.py")


class WholeFiles(LoadFileScheduling):
    """--dist=loadfile, with several files as one."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "releases" if Path(file).name in SHARE_A_RELEASE else file


def scheduling(config: pytest.Config, log: Producer) -> WholeFiles | None:
    """For --dist=loadfile; None leaves any other --dist as it is."""
    return WholeFiles(config, log) if config.getvalue("dist") == "loadfile" else None


def long_files_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    limits: dict[Path, float] = {}
    for item in items:
        limit = item.get_closest_marker("timeout")
        limits[item.path] = max(limits.get(item.path, 0.0), float(limit.args[0]) if limit and limit.args else 0.0)
    return sorted(items, key=lambda item: -limits[item.path])
