"""What takes long to make is made by one process of a run; the others of pytest-xdist read it from a file."""

import fcntl
import os
import pickle
from collections.abc import Callable
from typing import TypeVar

import pytest

Made = TypeVar("Made")


def made_once(name: str, folders: pytest.TempPathFactory, make: Callable[[], Made]) -> Made:
    """What `make` returns, which must be a value that can be pickled; who comes second waits for it."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return make()
    file = folders.getbasetemp().parent / f"{name}.pickle"  # the run's folder, above each process's own
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            made = make()
            written = file.with_suffix(".new")
            written.write_bytes(pickle.dumps(made))
            written.replace(file)
        loaded: Made = pickle.loads(file.read_bytes())  # noqa: S301 - we wrote it a moment ago
    return loaded
