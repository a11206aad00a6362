import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[2]
DEV = ROOT / "scripts" / "dev.sh"
READY_SECONDS = 60


@contextmanager
def dev(folder: Path, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """scripts/dev.sh in a process group of its own, ended with the block: asked to, so that it ends its children."""
    process = subprocess.Popen(
        [DEV, "--no-build", "--folder", folder, *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=READY_SECONDS)


def read_until_ready(process: subprocess.Popen[str]) -> tuple[str, str]:
    """The URL of the `Ready:` line, and everything printed up to it."""
    assert process.stdout
    printed = ""
    for line in process.stdout:
        printed += line
        if ready := re.match(r"Ready: (\S+)", line):
            return ready[1], printed
    pytest.fail(f"it ended without a Ready line:\n{printed}")


def sign_in(link: str) -> requests.Session:
    """What a browser holds that has opened the link."""
    url, _, invite = link.partition("#i=")
    session = requests.Session()
    session.post(f"{url}api/access", json={"invite": invite}, timeout=10).raise_for_status()
    return session


def children_of(pid: int) -> set[int]:
    """Every process under `pid`."""
    found: set[int] = set()
    for line in subprocess.run(
        ["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout.splitlines():
        child, parent = map(int, line.split())
        if parent == pid:
            found |= {child} | children_of(child)
    return found


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda how: how.name)
def test_it_serves_the_site_until_it_is_told_to_stop_and_leaves_no_process_behind(tmp_path: Path, how: int) -> None:
    with dev(tmp_path, "--port", "0") as process:
        link, printed = read_until_ready(process)
        url = link.partition("#")[0]
        assert "offline stand-in" in printed
        assert "<title>" in requests.get(url, timeout=10).text
        assert sign_in(link).post(f"{url}api/client-secrets", json={}, timeout=20).json()["value"].startswith("ek_")
        started = children_of(process.pid)
        assert started
        process.send_signal(how)
        assert process.wait(timeout=READY_SECONDS) == 0
        assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]


def test_functions_end_with_a_local_run_that_is_killed(tmp_path: Path) -> None:
    with dev(tmp_path, "--port", "0") as process:
        read_until_ready(process)
        started = children_of(process.pid)
        process.kill()
        process.wait(timeout=READY_SECONDS)
        for pid in started:
            wait_until_gone(pid)


def wait_until_gone(pid: int) -> None:
    ends_at = time.monotonic() + READY_SECONDS
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < ends_at, f"the process {pid} goes on"
        time.sleep(0.05)


def test_a_key_in_the_environment_reaches_no_functions_environment_and_no_kept_file(tmp_path: Path) -> None:
    key = "sk-canary-0123456789abcdefghijkl"
    with dev(tmp_path, "--port", "0", OPENAI_API_KEY=key) as process:
        _, printed = read_until_ready(process)
        assert "OpenAI answers." in printed
        for pid in children_of(process.pid):
            assert key.encode() not in Path(f"/proc/{pid}/environ").read_bytes()
            assert key.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
        assert not [file for file in tmp_path.rglob("*") if file.is_file() and key in file.read_text(errors="replace")]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=READY_SECONDS) == 0


def test_what_it_keeps_is_for_its_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / "bucket").mkdir(parents=True)
    (folder / "bucket").chmod(0o755)  # as earlier runs have left it
    with dev(folder, "--port", "0") as process:
        link, _ = read_until_ready(process)
        sign_in(link)
        written = [path for path in folder.rglob("*") if path.is_file()]
        assert {path.name for path in written} >= {"local-run.env", "local-run.headers", "signing-key"}
        assert [path for path in written if path.stat().st_mode & 0o077] == []
        assert [path for path in (folder / "bucket", folder / "logs") if path.stat().st_mode & 0o077] == []
    assert not (folder / "local-run.headers").exists()


def test_a_port_that_is_taken_is_said_in_words(tmp_path: Path) -> None:
    with dev(tmp_path / "first", "--port", "0") as first:
        link, _ = read_until_ready(first)
        port = link.partition("/#")[0].rpartition(":")[2]
        second = subprocess.run(
            [DEV, "--no-build", "--folder", tmp_path / "second", "--port", port],
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert second.returncode == 1
    assert second.stderr.strip().endswith(f"error: port {port} is in use on this machine; choose another with --port")
    assert not (tmp_path / "second" / "logs").exists()  # nothing was begun


def test_a_second_run_in_the_same_folder_is_refused_and_leaves_the_first_one_alone(tmp_path: Path) -> None:
    with dev(tmp_path, "--port", "0") as first:
        link, _ = read_until_ready(first)
        requests.get(link, timeout=10).raise_for_status()
        before = what_is_written(tmp_path)
        second = subprocess.run(
            [DEV, "--no-build", "--folder", tmp_path, "--port", "0"], capture_output=True, text=True, timeout=60
        )
        assert second.returncode == 1
        assert f"error: a local run is going on in {tmp_path.name}/, at {link.partition('/#')[0]}. End" in second.stderr
        assert "scripts/dev.sh --folder ANOTHER --port 5001" in second.stderr
        assert before["local-run.env"]
        assert {
            name: what_is_written(tmp_path)[name].startswith(text) for name, text in before.items()
        } == dict.fromkeys(before, True)
    with dev(tmp_path, "--port", "0") as third:
        read_until_ready(third)


def what_is_written(folder: Path) -> dict[str, bytes]:
    """What tells of a run: where it is, and the functions' logs."""
    return {file.name: file.read_bytes() for file in (folder / "local-run.env", *(folder / "logs").glob("*.log"))}


def test_ctrl_c_while_it_starts_ends_it_at_once_and_without_a_word(tmp_path: Path) -> None:
    with dev(tmp_path, "--port", "0") as process:
        ends_at = time.monotonic() + READY_SECONDS
        while not list(tmp_path.glob("logs/*.log")):
            assert time.monotonic() < ends_at, "no function was started"
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=READY_SECONDS)
        assert (process.returncode, printed) == (0, "")


A_PORT = "expected 1024 to 65535, or 0 for any free one"
REFUSED = {
    "--prot 1": "has no option '--prot'",
    "--port": "--port needs a value",
    "--port x": A_PORT,
    "--port 70000": A_PORT,
    "--port 80": A_PORT,
    "--port 5061": "browsers refuse to open port 5061",
}


@pytest.mark.parametrize(("arguments", "why"), REFUSED.items())
def test_bad_arguments_are_refused(arguments: str, why: str) -> None:
    ended = subprocess.run([DEV, "--no-build", *arguments.split()], capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert why in ended.stderr


def test_help_says_how_to_use_it() -> None:
    helped = subprocess.run([DEV, "--help"], capture_output=True, text=True, timeout=60, check=True)
    assert "Usage: scripts/dev.sh [--port N] [--no-build] [--folder F]" in helped.stdout
