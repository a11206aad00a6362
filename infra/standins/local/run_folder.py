"""The folder of a local run: one run at a time writes there."""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from standins.local.cloud import TOKEN, authorization, write_private

ANNOUNCED = "local-run.env"
HEADERS = "local-run.headers"
LOCK = "lock"
SITE_URL = "SITE_URL="


class FolderInUseError(Exception):
    """Another local run writes there."""


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Keep `folder` for this run. Raises FolderInUseError.

    The lock is the kernel's: it ends with the process, however that ends. Its file stays: without it two could get in.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUseError(
                f"a local run is going on in {folder.name}/{_where(folder)}. End it with Ctrl-C where it runs, or "
                "start this one beside it: scripts/dev.sh --folder ANOTHER --port 5001"
            ) from None
        yield


def private(folder: Path) -> Path:
    """The folder, closed to other users of the machine, whatever its mode was before."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


@contextmanager
def announced(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Write where everything is, for the owner's commands (`--local`), and the headers for curl, until the block ends.

    curl -H @FILE reads headers from a file: on a command line other users of the machine would see the token.
    """
    headers = {**authorization(environment[TOKEN]), "Content-Type": "application/json"}
    write_private(folder / HEADERS, "".join(f"{name}: {value}\n" for name, value in headers.items()))
    write_private(folder / ANNOUNCED, "".join(f"{name}={value}\n" for name, value in environment.items()))
    try:
        yield
    finally:
        for name in (ANNOUNCED, HEADERS):
            (folder / name).unlink(missing_ok=True)


def _where(folder: Path) -> str:
    """Its address, once it has one."""
    try:
        lines = (folder / ANNOUNCED).read_text().splitlines()
    except FileNotFoundError:
        return ""
    return next((f", at {line.removeprefix(SITE_URL)}" for line in lines if line.startswith(SITE_URL)), "")
