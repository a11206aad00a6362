"""`bench.sh mint`: our mint beside what people run today, cold and warm."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from voicemint.access.invites import SESSION_SECONDS
from voicemint.access.person import COOKIE, SESSION_PURPOSE
from voicemint.secrets.signing import SigningKeys

from .google_cloud import google_cloud
from .load import Load, put_under_load, require_wrk
from .processes import LOOPBACK, Server, one_core_set_aside, running
from .report import Bar, Plan, Report, Table, median_of, note_progress

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).with_name("peers")
API_KEY = "sk-0123456789abcdef0123456789abcdef"

UPSTREAM_PATH = "/{}/v1/realtime/client_secrets"  # after so many milliseconds
WARM_UPSTREAM_MS = 50
# Limits are checked and never reached; a block of the day, and one of the share, is leased once in a thousand mints.
LIMITS_OUT_OF_REACH = {
    "PERSON_PER_MINUTE": "1000000",
    "INSTANCE_PER_MINUTE": "1000000",
    "DAILY_LIMIT": "1000000",
    "DAILY_BLOCK": "1000",
    "PERSON_DAILY_LIMIT": "1000000",
    "MAX_CALLS_AT_ONCE": "0",
}
CPU_MS = 0.60
EXPRESS_CPU_MS = 0.36  # what (a) took on the machine that this bar was set on: a slower one slows both
CONNECTIONS = (1, 10, 80)
FULL_LOAD = CONNECTIONS[-1]
WARM_UP_SECONDS = 1

OURS, EXPRESS, EMPTY, OBVIOUS = "ours", "(a) Express", "(b) empty function", "(c) obvious port"
UPSTREAM = "upstream alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One way to mint. `mints` is False for the empty function, which asks nobody and has no place in a warm run."""

    name: str
    command: Sequence[str]
    path: str = "/"
    environ: Mapping[str, str] = field(default_factory=dict)
    cookie: str = ""
    mints: bool = True


@dataclass(frozen=True, slots=True)
class Bench:
    """What all peers share: whom they ask, and the core that each has to itself while it is measured."""

    upstream: Server
    core: Set[int]

    def started(self, peer: Peer, upstream_ms: int) -> AbstractContextManager[Server]:
        base_url = f"http://{LOOPBACK}:{self.upstream.port}/{upstream_ms}/v1"
        environ = {"OPENAI_BASE_URL": base_url, **peer.environ}
        return running(peer.name, peer.command, environ, self.core, peer.cookie)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One cold start, up to the first 200."""

    first_200_ms: float
    cpu_seconds: float
    pss_mb: float


Starts = Mapping[str, list[Start]]
Loads = Mapping[str, Mapping[int, list[Load]]]


def benchmark(plan: Plan) -> Report:
    """Cold starts with an upstream that answers at once, then load with one that takes 50 ms; peers take turns."""
    require_wrk()
    with ExitStack() as stack:
        core = stack.enter_context(one_core_set_aside())
        peers = all_peers(stack)
        bench = Bench(stack.enter_context(upstream_server()), core)
        starts = measure_starts(bench, peers, plan.rounds)
        loads = measure_loads(bench, [peer for peer in peers if peer.mints], plan)
    return report(starts, loads)


def all_peers(stack: ExitStack) -> list[Peer]:
    google = stack.enter_context(google_cloud(API_KEY))
    ours = framework_peer(
        OURS,
        ROOT / "functions" / "main.py",
        "mint_client_secret",
        {**google.ours, **LIMITS_OUT_OF_REACH},
        path="/api/client-secrets",
    )
    return [
        replace(ours, cookie=session_cookie(Path(google.ours["SIGNING_KEY_FILE"]))),
        Peer(
            name=EXPRESS,
            command=["node", str(PEERS / "express" / "server.js")],
            path="/token",
            environ={"OPENAI_API_KEY": API_KEY},
        ),
        framework_peer(EMPTY, PEERS / "empty_function" / "main.py", "empty", {}, mints=False),
        framework_peer(OBVIOUS, PEERS / "obvious_port" / "main.py", "token", google.obvious_port),
    ]


def session_cookie(signing_key_file: Path) -> str:
    """What sign_in gives for an invite."""
    session = {"id": "bench", "name": "Bench", "exp": int(time.time()) + SESSION_SECONDS, "epoch": 0}
    return f"{COOKIE}={SigningKeys(signing_key_file.read_text()).sign(SESSION_PURPOSE, session)}"


def framework_peer(
    name: str, source: Path, target: str, environ: Mapping[str, str], *, path: str = "/", mints: bool = True
) -> Peer:
    """A function as Cloud Functions starts it, with as many threads as it is given requests at once."""
    framework = str(Path(sys.executable).with_name("functions-framework"))
    return Peer(
        name=name,
        command=[framework, f"--source={source}", f"--target={target}"],
        path=path,
        environ={"HOST": LOOPBACK, "THREADS": str(FULL_LOAD), **environ},
        mints=mints,
    )


@contextmanager
def upstream_server() -> Iterator[Server]:
    environ = {"PYTHONPATH": str(ROOT / "scripts")}
    with running("upstream", [sys.executable, "-m", "bench.upstream", "{port}"], environ) as server:
        server.wait_for_200(UPSTREAM_PATH.format(0))
        yield server


def measure_starts(bench: Bench, peers: Sequence[Peer], rounds: int) -> Starts:
    starts: dict[str, list[Start]] = {peer.name: [] for peer in peers}
    for peer in peers:  # not counted: it writes the bytecode and fills the page cache
        measure_start(bench, peer)
    for number in range(rounds):
        note_progress(f"cold starts, round {number + 1} of {rounds}")
        for peer in in_turn(peers, number):
            starts[peer.name].append(measure_start(bench, peer))
    return starts


def measure_start(bench: Bench, peer: Peer) -> Start:
    with bench.started(peer, upstream_ms=0) as server:
        first_200_ms = 1000 * server.wait_for_200(peer.path)
        return Start(first_200_ms=first_200_ms, cpu_seconds=server.cpu_seconds(), pss_mb=server.pss_mb())


def measure_loads(bench: Bench, peers: Sequence[Peer], plan: Plan) -> Loads:
    levels = (FULL_LOAD,) if plan.quick else CONNECTIONS
    names = [*(peer.name for peer in peers), UPSTREAM]
    loads: dict[str, dict[int, list[Load]]] = {name: {level: [] for level in levels} for name in names}
    with ExitStack() as stack:
        servers: dict[str, Server] = {
            peer.name: stack.enter_context(bench.started(peer, WARM_UPSTREAM_MS)) for peer in peers
        }
        for peer in peers:
            servers[peer.name].wait_for_200(peer.path)
            put_under_load(servers[peer.name], peer.path, FULL_LOAD, WARM_UP_SECONDS)
        for number in range(plan.rounds):
            note_progress(f"load, round {number + 1} of {plan.rounds}")
            for level in levels:
                for peer in in_turn(peers, number):
                    load = put_under_load(servers[peer.name], peer.path, level, plan.seconds)
                    loads[peer.name][level].append(load)
                alone = put_under_load(bench.upstream, UPSTREAM_PATH.format(WARM_UPSTREAM_MS), level, plan.seconds)
                loads[UPSTREAM][level].append(alone)
    return loads


def in_turn(peers: Sequence[Peer], round_number: int) -> Sequence[Peer]:
    """The order of a round: reversed every second time, so that nobody always runs after the same neighbour."""
    return peers if round_number % 2 == 0 else peers[::-1]


def report(starts: Starts, loads: Loads) -> Report:
    first_200 = {name: median_of(runs, "first_200_ms") for name, runs in starts.items()}
    rate = {name: median_of(cells[FULL_LOAD], "requests_per_second") for name, cells in loads.items()}
    cpu = {name: median_of(loads[name][FULL_LOAD], "cpu_ms_per_request") for name in (OURS, EXPRESS)}
    full_load = f"{FULL_LOAD} at once"
    return Report(
        tables=[start_table(starts), load_table(loads)],
        bars=[
            Bar(name="cold start, ours / (b)", value=first_200[OURS] / first_200[EMPTY], limit=1.30, unit=" x"),
            Bar(name="cold start, ours / (c)", value=first_200[OURS] / first_200[OBVIOUS], limit=0.60, unit=" x"),
            Bar(
                name=f"requests/s at {full_load}, ours / (a)",
                value=rate[OURS] / rate[EXPRESS],
                limit=0.90,
                unit=" x",
                at_least=True,
            ),
            Bar(name=f"CPU per request at {full_load}, ours", value=cpu[OURS], limit=CPU_MS, unit=" ms"),
            Bar(
                name=f"CPU per request at {full_load}, ours / (a)",
                value=cpu[OURS] / cpu[EXPRESS],
                limit=CPU_MS / EXPRESS_CPU_MS,
                unit=" x",
            ),
            *overhead_bars(loads),
        ],
        measurements={
            "cold": {name: [asdict(start) for start in runs] for name, runs in starts.items()},
            "warm": {name: [asdict(load) for runs in cells.values() for load in runs] for name, cells in loads.items()},
        },
    )


def overhead_bars(loads: Loads) -> list[Bar]:
    """What our mint adds to the upstream's own median, where nobody waits for anybody."""
    return [
        Bar(
            name=f"p50 at {level} at once, ours over the upstream",
            value=median_of(loads[OURS][level], "p50_ms") - median_of(loads[UPSTREAM][level], "p50_ms"),
            limit=3.0,
            unit=" ms",
        )
        for level in loads[OURS]
        if level != FULL_LOAD
    ]


def start_table(starts: Starts) -> Table:
    rows = [
        (
            name,
            f"{median_of(runs, 'first_200_ms'):.0f}",
            f"{min(run.first_200_ms for run in runs):.0f}",
            f"{max(run.first_200_ms for run in runs):.0f}",
            f"{median_of(runs, 'cpu_seconds'):.2f}",
            f"{median_of(runs, 'pss_mb'):.0f}",
        )
        for name, runs in starts.items()
    ]
    return Table("Cold start (process start to first 200)", ("", "median ms", "min", "max", "CPU s", "PSS MB"), rows)


def load_table(loads: Loads) -> Table:
    rows = [
        (
            name,
            str(connections),
            f"{median_of(runs, 'requests_per_second'):.0f}",
            f"{median_of(runs, 'p50_ms'):.1f}",
            f"{median_of(runs, 'p99_ms'):.0f}",
            f"{median_of(runs, 'cpu_ms_per_request'):.2f}",
            str(sum(run.errors for run in runs)),
        )
        for name, cells in loads.items()
        for connections, runs in cells.items()
    ]
    title = f"Under load (upstream answers after {WARM_UPSTREAM_MS} ms)"
    return Table(title, ("", "at once", "requests/s", "p50 ms", "p99 ms", "CPU ms/request", "errors"), rows)
