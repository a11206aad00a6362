"""Collect all tests twice, in two environments, and compare: what decides a test's id must be the same everywhere.

The processes of pytest-xdist each collect for themselves and give up if they differ. A second is enough for an id that
holds the time, a new process for one that holds a random number, an address or the order of a set.

Usage: collect_twice.py [folder or file...]
"""

import difflib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECONDS_APART = 2
HERE = {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8", "COLUMNS": "80"}
ELSEWHERE = {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "LC_ALL": "POSIX", "COLUMNS": "200"}
COLLECT = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-n", "0", "--color=no"]


def main(tests: Sequence[str]) -> str | None:
    """None, or what differs."""
    with tempfile.TemporaryDirectory(prefix="a home with spaces ") as home, ThreadPoolExecutor() as threads:
        first = threads.submit(collect, tests, HERE)
        time.sleep(SECONDS_APART)
        second = threads.submit(collect, tests, {**ELSEWHERE, "HOME": home, "TMPDIR": home})
        ids = first.result(), second.result()
    if ids[0] != ids[1]:
        return "These test ids depend on the clock, the process or the environment:\n" + differences(*ids)
    if with_path := [name for name in ids[0] if str(ROOT) in name]:
        return "These test ids hold the path of this checkout:\n" + "\n".join(with_path)
    print(
        f"{len(ids[0])} test ids are the same twice: {SECONDS_APART} seconds, two hash seeds, two time zones, "
        "two locales and two home directories apart"
    )
    return None


def collect(tests: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """The ids, in the order in which the tests would run."""
    ours = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    done = subprocess.run([*COLLECT, *tests], env={**ours, **environment}, cwd=ROOT, capture_output=True)
    output = done.stdout.decode()
    if done.returncode:
        sys.exit(f"The tests cannot be collected:\n{output}{done.stderr.decode()}")
    return [line for line in output.splitlines() if "::" in line]


def differences(one: Sequence[str], other: Sequence[str]) -> str:
    lines = difflib.unified_diff(one, other, "here", "elsewhere", n=0, lineterm="")
    return "\n".join(list(lines)[:40])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
