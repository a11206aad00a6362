"""gcloud, started once and forked for each command: hundreds of commands in a test take seconds, not minutes."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
# An empty configuration, and nothing asked or reported while gcloud is imported.
QUIET = {
    "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
    "CLOUDSDK_CORE_DISABLE_FILE_LOGGING": "1",
    "PATH": "/usr/bin:/bin",
}


@contextmanager
def warm_gcloud(folder: Path, pause_factor: float = 1.0) -> Iterator[Path]:
    """A folder with a program `gcloud`, to be put first in PATH, until the block ends.

    pause_factor: how long gcloud's own pauses (retries, polling) are, compared with what they are.
    """
    python, sdk_root = _installation()
    socket, programs = folder / "socket", folder / "bin"
    programs.mkdir(parents=True)
    _write_shim(programs / "gcloud", socket)
    environment = {**QUIET, "HOME": str(folder), "CLOUDSDK_CONFIG": str(folder / "config")}
    with subprocess.Popen(
        [python, "-S", "-W", "ignore", HERE / "fork_server.py", sdk_root, socket, str(pause_factor)],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n", "the fork server of gcloud did not start"
            yield programs
            assert server.poll() is None, "the fork server of gcloud has ended by itself"
        finally:
            assert server.stdin is not None
            server.stdin.close()
            server.wait(timeout=10)


def _installation() -> tuple[str, str]:
    """gcloud's own Python and where gcloud is installed, as it says itself."""
    gcloud = shutil.which("gcloud")
    assert gcloud is not None
    asked = [gcloud, "info", "--format=value(basic.python_location,installation.sdk_root)"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60).stdout
    python, sdk_root = said.strip().split("\t")
    return python, sdk_root


def _write_shim(file: Path, socket: Path) -> None:
    source = (HERE / "shim.py").read_text().replace("@SOCKET@", str(socket))
    file.write_text(f"#!{sys.executable} -IS\n{source}")
    file.chmod(0o755)
