"""`bench.sh call`: what opening a call through the server adds to the time that OpenAI takes for it.

Cloud Tasks and Cloud Storage answer at once here: what they add in the cloud is their own network, beside this.
"""

from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from standins.agents_folder import agents_with
from voicemint.agents.agent import UNIFIED

from .google_cloud import google_cloud
from .load import Body, Load, put_under_load, require_wrk
from .mint import (
    API_KEY,
    LIMITS_OUT_OF_REACH,
    ROOT,
    WARM_UP_SECONDS,
    WARM_UPSTREAM_MS,
    framework_peer,
    load_table,
    session_cookie,
    upstream_server,
)
from .processes import LOOPBACK, Server, one_core_set_aside, running
from .report import Bar, Plan, Report, median_of, note_progress

OURS, UPSTREAM = "ours, unified", "upstream alone"
CONNECTIONS = 10
PATH, UPSTREAM_PATH = "/api/calls", f"/{WARM_UPSTREAM_MS}/v1/realtime/calls"
RATIO = 1.10
OFFER = Body(
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
    + "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n" * 40,
    "application/sdp",
)


def benchmark(plan: Plan) -> Report:
    """Load from ten clients at once, on ours and on the upstream itself in turns."""
    require_wrk()
    with ExitStack() as stack:
        core = stack.enter_context(one_core_set_aside())
        upstream = stack.enter_context(upstream_server())
        google = stack.enter_context(google_cloud(API_KEY)).ours
        peer = framework_peer(
            OURS, ROOT / "functions" / "main.py", "create_call", {**google, **_environ(stack, upstream)}
        )
        cookie = session_cookie(Path(google["SIGNING_KEY_FILE"]))
        ours = stack.enter_context(running(OURS, peer.command, peer.environ, core, cookie))
        ours.wait_until_listening()
        put_under_load(ours, PATH, CONNECTIONS, WARM_UP_SECONDS, OFFER)
        return report(measure(ours, upstream, plan))


def _environ(stack: ExitStack, upstream: Server) -> dict[str, str]:
    """The default agent, but unified, with the upstream for OpenAI and for Cloud Tasks."""
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="voicemint-bench-")))
    agents = agents_with(folder / "agents", UNIFIED)
    base = f"http://{LOOPBACK}:{upstream.port}"
    return {
        **LIMITS_OUT_OF_REACH,
        "AGENTS_FOLDER": str(agents),
        "OPENAI_BASE_URL": f"{base}/{WARM_UPSTREAM_MS}/v1",
        "CLOUD_TASKS_URL": f"{base}/0",
    }


def measure(ours: Server, upstream: Server, plan: Plan) -> dict[str, list[Load]]:
    targets = [(OURS, ours, PATH), (UPSTREAM, upstream, UPSTREAM_PATH)]
    loads: dict[str, list[Load]] = {name: [] for name, _, _ in targets}
    for number in range(plan.rounds):
        note_progress(f"calls, round {number + 1} of {plan.rounds}")
        for name, server, path in targets if number % 2 == 0 else targets[::-1]:
            loads[name].append(put_under_load(server, path, CONNECTIONS, plan.seconds, OFFER))
    return loads


def report(loads: dict[str, list[Load]]) -> Report:
    p50 = {name: median_of(runs, "p50_ms") for name, runs in loads.items()}
    ratio = Bar(
        name=f"p50 at {CONNECTIONS} at once, ours / the upstream",
        value=p50[OURS] / p50[UPSTREAM],
        limit=RATIO,
        unit=" x",
    )
    return Report(
        tables=[load_table({name: {CONNECTIONS: runs} for name, runs in loads.items()})],
        bars=[ratio],
        measurements={name: [asdict(load) for load in runs] for name, runs in loads.items()},
    )
