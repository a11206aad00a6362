"""`python -m standins.google.control_plane`: somebody at a shell gets a Google of their own."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[5]
MODULE = "standins.google.control_plane"


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", MODULE, *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "infra")},
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_shell_that_takes_the_exports_reaches_it_and_nothing_else(tmp_path: Path) -> None:
    with start("--project=tried-by-hand", "--no-billing", f"--folder={tmp_path}") as process:
        try:
            assert process.stderr is not None
            assert process.stderr.readline() == f"In another shell: source {tmp_path}/environment.sh\n"
            asked = "https://cloudbilling.googleapis.com/v1/projects/$PROJECT_ID/billingInfo"
            script = f"source {tmp_path}/environment.sh; curl -sS {asked}; curl -s https://example.com"
            ended = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=30)
        finally:
            process.send_signal(signal.SIGINT)
            said, told = process.communicate(timeout=30)
    assert ('"projectId": "tried-by-hand"' in ended.stdout, '"billingEnabled": false' in ended.stdout) == (True, True)
    assert ended.returncode != 0
    assert process.returncode == 0
    assert all(line.startswith("export ") for line in said.splitlines())
    assert f"export PROJECT_ENV={tmp_path}/project.env" in said.splitlines()
    assert f"export npm_config_noproxy=127.0.0.1,localhost,{registry()}" in said.splitlines()
    assert (tmp_path / "project.env").read_text() == (ROOT / "infra" / "project.env").read_text()
    assert told == "no such host here: CONNECT example.com:443\n"


def registry() -> str:
    """Where npm gets packages: it would ask a proxy that refuses it for minutes."""
    asked = subprocess.run(["npm", "config", "get", "registry"], capture_output=True, text=True, check=True)
    return urlsplit(asked.stdout.strip()).hostname or ""


def test_help_says_what_it_is() -> None:
    with start("--help") as process:
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "A local Google with one empty project." in said
