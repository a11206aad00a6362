"""npm packages that tests need: two processes of the tests never install into the same folder at the same time."""

import fcntl
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
INSTALL_SECONDS = 600


def ensure_npm(folder: str) -> None:
    """As the scripts do it; quick where all is there. Raises RuntimeError with npm's words."""
    with (ROOT / folder / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"source scripts/lib.sh; ensure_npm {folder}"],
            cwd=ROOT, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False,
        )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"npm could not install {folder}: {done.stderr[-2000:]}")
