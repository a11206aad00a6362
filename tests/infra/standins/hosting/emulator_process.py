"""The real Hosting emulator of firebase-tools, run without an account and without a network.

Recipe: a project id that does not start with `demo-` (those never authenticate), the metadata stand-in for
credentials, the Cloud Run stand-in for the address of each service, and a HOME of its own.
"""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

from ....npm import ensure_npm

ROOT = Path(__file__).parents[4]
FIREBASE = ROOT / "infra" / "firebase" / "node_modules" / "firebase-tools" / "lib" / "bin" / "firebase.js"
PROJECT_ID = "hosting-conformance"
START_SECONDS = 60
# A SIGTERM within some 0.3 s of the first answer is swallowed (seen with 15.34.2), so it is sent again.
TERM_SECONDS = 3


def install() -> None:
    """The locked firebase-tools, once; takes about a minute. Raises RuntimeError with npm's words."""
    if not FIREBASE.is_file():
        print("\nInstalling firebase-tools into infra/firebase (once, about a minute)", flush=True)  # noqa: T201
    ensure_npm("infra/firebase")


@contextmanager
def hosting_emulator(project: Path, home: Path, *, metadata_url: str, cloud_run_url: str) -> Iterator[str]:
    """Serve the project folder (firebase.json and its public folder); yields the base URL."""
    ports = free_ports(3)
    _choose_ports(project / "firebase.json", ports)
    log = home / "emulator.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["node", FIREBASE, "emulators:start", "--only=hosting", f"--project={PROJECT_ID}", "--non-interactive"],
            cwd=project,
            env=_environment(home, metadata_url, cloud_run_url),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{ports[0]}"
        _wait_until_it_answers(url, process, log)
        yield url
    finally:
        _stop(process)


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


def _choose_ports(firebase_json: Path, ports: list[int]) -> None:
    """Add the section that only the emulators read."""
    config = json.loads(firebase_json.read_text())
    names = ("hosting", "hub", "logging")
    addresses = {name: {"host": "127.0.0.1", "port": port} for name, port in zip(names, ports, strict=True)}
    config["emulators"] = {**addresses, "ui": {"enabled": False}}
    firebase_json.write_text(json.dumps(config))


def _environment(home: Path, metadata_url: str, cloud_run_url: str) -> Mapping[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "XDG_CONFIG_HOME": str(home),
        "CLOUDSDK_CONFIG": str(home),
        "CI": "1",
        "GCE_METADATA_HOST": metadata_url.removeprefix("http://"),
        "CLOUD_RUN_API_URL": cloud_run_url,
        # The other services the emulator asks at its start: a made-up token must not leave the machine.
        "FIREBASE_API_URL": cloud_run_url,
        "FIREBASE_HOSTING_API_URL": cloud_run_url,
        "FIREBASE_RESOURCEMANAGER_URL": cloud_run_url,
    }


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            requests.get(url, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the Hosting emulator does not answer:\n{log.read_text()[-4000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
        process.send_signal(number)
        try:
            process.wait(TERM_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return
