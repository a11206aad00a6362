"""Load by wrk, and what a server spends under it."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .processes import LOOPBACK, BenchError, Server

SCRIPT = Path(__file__).with_name("post.lua")
WRK_EXTRA_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One cell: what `connections` concurrent clients got, and what the server's processes spent on it."""

    connections: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms_per_request: float
    errors: int


def require_wrk() -> None:
    if shutil.which("wrk") is None:
        raise BenchError("wrk makes the load and was not found. Install it: sudo apt-get install wrk")


@dataclass(frozen=True, slots=True)
class Body:
    """What every request sends."""

    text: str = "{}"
    content_type: str = "application/json"


EMPTY_OBJECT = Body()


def put_under_load(server: Server, path: str, connections: int, seconds: int, body: Body = EMPTY_OBJECT) -> Load:
    """POST `body` from `connections` keep-alive clients for `seconds`."""
    cpu_before = server.cpu_seconds()
    summary = _wrk(f"http://{LOOPBACK}:{server.port}{path}", connections, seconds, server.cookie, body)
    cpu_seconds = server.cpu_seconds() - cpu_before
    if not summary["requests"]:
        raise BenchError(f"{server.name} answered no request of {connections} clients in {seconds} s.")
    return Load(
        connections=connections,
        requests_per_second=summary["requests"] / summary["seconds"],
        p50_ms=summary["p50_ms"],
        p99_ms=summary["p99_ms"],
        cpu_ms_per_request=1000 * cpu_seconds / summary["requests"],
        errors=int(summary["errors"]),
    )


def _wrk(url: str, connections: int, seconds: int, cookie: str, body: Body) -> dict[str, float]:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(SCRIPT), url]
    finished = subprocess.run(
        command,
        env={
            **os.environ,
            "BENCH_COOKIE": cookie,
            "BENCH_BODY": body.text,
            "BENCH_CONTENT_TYPE": body.content_type,
        },
        capture_output=True,
        text=True,
        timeout=seconds + WRK_EXTRA_SECONDS,
        check=False,
    )
    if finished.returncode != 0:
        raise BenchError(f"wrk ended with status {finished.returncode}: {finished.stderr.strip()}")
    summary: dict[str, float] = json.loads(finished.stdout.splitlines()[-1])
    return summary
