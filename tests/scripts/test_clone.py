"""A clone on Windows, where git turns line ends into CR LF unless it is told not to."""

import subprocess
from pathlib import Path

import pytest
from common.fingerprint import release

ROOT = Path(__file__).parents[2]
NAMES = {"PROJECT_ID": "cloned-in-a-test", "REGION": "us-central1"}
pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="NOT TESTED: this is no clone")


def clone(folder: Path, line_ends: str) -> Path:
    """What is committed, as git with this setting puts it into a folder."""
    command = ["git", "-c", f"core.autocrlf={line_ends}", "clone", "--quiet", "--shared", ROOT, folder]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return folder


def test_a_clone_has_the_same_bytes_where_git_would_turn_line_ends(tmp_path: Path) -> None:
    here, windows = clone(tmp_path / "here", "false"), clone(tmp_path / "windows", "true")
    scripts = [*windows.glob("scripts/*.sh"), windows / ".ci" / "run"]
    assert [script.name for script in scripts if b"\r" in script.read_bytes()] == []
    assert release(windows, NAMES) == release(here, NAMES)
