import ast
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bench.__main__ import main
from bench.link import delayed_link
from bench.processes import BenchError, running
from bench.report import Bar, Report, Table, format_bars, format_table

BENCH = Path(__file__).parents[2] / "scripts" / "bench.sh"
PEERS = {"ours", "(a) Express", "(b) empty function", "(c) obvious port"}
RATIOS = (
    "cold start, ours / (b)",
    "cold start, ours / (c)",
    "requests/s at 80 at once, ours / (a)",
    "CPU per request at 80 at once, ours",
    "CPU per request at 80 at once, ours / (a)",
)
SERVER = """
import http.server, subprocess, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(int(self.path.strip("/")))
        self.end_headers()
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def is_running(pid: str) -> bool:
    """Whether it runs: one that ended may still be in /proc, until its parent asks how."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_a_quick_run_measures_every_peer_and_prints_every_ratio(tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    finished = subprocess.run([BENCH, "mint", "--quick", "--json", found], capture_output=True, text=True, timeout=110)
    assert finished.returncode == 0, finished.stderr
    assert all(name in finished.stdout for name in (*PEERS, *RATIOS))
    document = json.loads(found.read_text())
    assert [bar["name"] for bar in document["bars"]] == list(RATIOS)
    assert set(document["measurements"]["cold"]) == PEERS
    loads = document["measurements"]["warm"]
    assert loads.keys() == PEERS - {"(b) empty function"} | {"upstream alone"}
    assert not any(load["errors"] for cells in loads.values() for load in cells)


@pytest.mark.parametrize(
    ("benchmark", "bars"),
    [
        ("call", ["p50 at 10 at once, ours / the upstream"]),
        ("watch", ["memory with 4 calls", "CPU with 4 calls"]),
    ],
)
def test_a_quick_run_measures_calls(benchmark: str, bars: list[str], tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    finished = subprocess.run(
        [BENCH, benchmark, "--quick", "--json", found], capture_output=True, text=True, timeout=110
    )
    assert finished.returncode == 0, finished.stderr
    document = json.loads(found.read_text())
    assert [bar["name"] for bar in document["bars"]] == bars
    assert all(bar["value"] > 0 for bar in document["bars"] if bar["unit"] != " cores")
    assert not any(load["errors"] for loads in document["measurements"].values() for load in loads if "errors" in load)


def test_help_says_how_to_use_it() -> None:
    helped = subprocess.run([BENCH, "--help"], capture_output=True, text=True, timeout=60, check=True)
    assert "Usage: scripts/bench.sh mint|page" in helped.stdout


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["mint", "--rounds", "0"], ["mint", "--seconds", "x"]])
def test_wrong_usage_exits_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_without_wrk_it_says_how_to_install_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["mint"]) == 2
    assert "apt-get install wrk" in capsys.readouterr().err


def test_a_link_with_a_delay_needs_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(BenchError, match="run the bench as root"), delayed_link(80):
        pass


def test_a_link_carries_packets_both_ways_in_order_and_later() -> None:
    near, near_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    far, far_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "bench.link", str(near_end.fileno()), str(far_end.fileno()), "100"]
    carrier = subprocess.Popen(
        command, pass_fds=(near_end.fileno(), far_end.fileno()), env={**os.environ, "PYTHONPATH": str(BENCH.parent)}
    )
    with near, near_end, far, far_end, carrier:
        far.settimeout(20)
        near.settimeout(20)
        near.send(b"one")
        near.send(b"two")
        assert [far.recv(100), far.recv(100)] == [b"one", b"two"]
        sent_at = time.monotonic()
        far.send(b"three")
        assert near.recv(100) == b"three"
        assert time.monotonic() - sent_at >= 0.05
        carrier.terminate()


@pytest.mark.parametrize(
    ("bar", "met"),
    [
        (Bar(name="", value=1.0, limit=1.0, unit="x"), True),
        (Bar(name="", value=1.1, limit=1.0, unit="x"), False),
        (Bar(name="", value=1.0, limit=1.0, unit="x", at_least=True), True),
        (Bar(name="", value=0.9, limit=1.0, unit="x", at_least=True), False),
    ],
    ids=["at most, equal", "at most, above", "at least, equal", "at least, below"],
)
def test_a_bar_is_met_or_missed(bar: Bar, met: bool) -> None:
    assert bar.met is met
    assert ("MISSED" in format_bars([bar])) is not met


@pytest.mark.parametrize(
    ("value", "arguments", "status"), [(1, ["--check"], 0), (2, ["--check"], 1), (2, [], 0)], ids=str
)
def test_only_check_turns_a_missed_bar_into_a_failure(
    value: float, arguments: list[str], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = Report([], [Bar(name="found", value=value, limit=1, unit="x")], {})
    monkeypatch.setattr("bench.__main__.BENCHMARKS", {"mint": lambda _plan: report})
    assert main(["mint", *arguments]) == status


def test_a_table_has_columns_as_wide_as_their_widest_cell() -> None:
    table = Table("Title", ("", "ms"), [("ours", "7"), ("a peer", "1234")])
    assert format_table(table) == "Title\n          ms\nours       7\na peer  1234"


def test_a_server_is_measured_and_ended_with_its_children() -> None:
    with running("server", [sys.executable, "-c", SERVER, "{port}"], {}) as server:
        assert server.wait_for_200("/200") > 0
        assert server.cpu_seconds() > 0
        assert server.pss_mb() > 1
        group = os.getpgid(server.pid)
        assert group == server.pid != os.getpgid(0)
        children = subprocess.run(["ps", "-o", "pid=", "-g", str(group)], capture_output=True, text=True, check=True)
        assert len(children.stdout.split()) == 2
    deadline = time.monotonic() + 10
    while any(map(is_running, children.stdout.split())):
        assert time.monotonic() < deadline


@pytest.mark.parametrize(
    ("program", "path", "reason"),
    [
        ("print('no such module'); raise SystemExit(3)", "/", "ended with status 3.\nno such module"),
        (SERVER, "/500", "answered 500 to POST /500; expected 200"),
    ],
    ids=["it ends", "it refuses"],
)
def test_a_server_that_does_not_work_is_named_with_its_own_words(program: str, path: str, reason: str) -> None:
    with running("peer", [sys.executable, "-c", program, "{port}"], {}) as server, pytest.raises(BenchError) as failed:
        server.wait_for_200(path)
    assert f"peer {reason}" in str(failed.value)


def test_a_server_has_a_home_of_its_own_and_none_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    command = [sys.executable, "-c", "import os; print(dict(os.environ))"]
    with running("peer", command, {"GIVEN": "1"}) as server, pytest.raises(BenchError) as failed:
        server.wait_for_200("/")
    environ = ast.literal_eval(str(failed.value).splitlines()[1])
    assert environ["HOME"] == environ["XDG_RUNTIME_DIR"] != os.environ["HOME"]
    assert environ["GIVEN"] == "1"
    assert "OPENAI_API_KEY" not in environ
