"""An agent's file that is wrong stops every command that would use it, in one line: file, line and key."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns("node_modules", "__pycache__", "package-lock.json", "firebase")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the commands need before they come to the agents: no page, and nothing to build one with."""
    folder = tmp_path_factory.mktemp("tree")
    for name in ("functions", "infra", "scripts"):
        shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
    (folder / "web").mkdir()
    shutil.copy(ROOT / "web" / "firebase.json", folder / "web")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / "bin").mkdir()
    gcloud = folder / "bin" / "gcloud"
    gcloud.write_text("#!/bin/sh\necho 'asked Google' >&2\nexit 1\n")
    gcloud.chmod(0o755)
    return folder


VALUE = ('voice = "bob"', "agents/assistant.toml:10: voice is 'bob'; expected one of: alloy, ")
QUOTE = ('voice = "marin', "agents/assistant.toml:10: voice: not valid TOML: ")
KEY = ('voice = "marin"\ncolour = 1', "agents/assistant.toml:11: colour: unknown key; ")


@pytest.mark.parametrize(
    ("command", "typo"),
    [("dev.sh", VALUE), ("dev.sh", QUOTE), ("dev.sh", KEY), ("dev.sh --no-build", VALUE), ("deploy.sh", VALUE),
     ("release.sh", VALUE)],
    ids=["dev.sh, a value", "dev.sh, a missing quote", "dev.sh, an unknown key", "dev.sh --no-build", "deploy.sh",
         "release.sh"],
)  # fmt: skip
def test_a_typo_is_told_in_one_line(tree: Path, command: str, typo: tuple[str, str]) -> None:
    written, sentence = typo
    text = (ROOT / "functions" / "agents" / "assistant.toml").read_text()
    (tree / "functions" / "agents" / "assistant.toml").write_text(text.replace('voice = "marin"', written))
    script, *options = command.split()
    environment = {**os.environ, "PROJECT_ID": "my-project", "PATH": f"{tree / 'bin'}:{os.environ['PATH']}"}
    ended = subprocess.run(
        [tree / "scripts" / script, *options], env=environment, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"error: {sentence}")
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == ""
