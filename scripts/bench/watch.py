"""`bench.sh watch`: what watching a call costs. 80 calls, watched by one process of watch-call over a sideband each.

OpenAI is a socket here that tells of a turn of conversation every six seconds and does nothing else; Cloud Tasks, Cloud
Storage and the control bucket are the local run's.
"""

import asyncio
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from standins.function_process import free_port
from standins.serving import ServerThread
from voicemint.agents.call_mode import CallMode
from voicemint.calls.call import KnownCall
from voicemint.calls.tasks import WATCH, Task, TaskQueue
from voicemint.secrets.signing import SigningKeys
from voicemint.settings import Settings

from .google_cloud import google_cloud
from .mint import API_KEY, ROOT, framework_peer
from .processes import LOOPBACK, BenchError, Server, one_core_set_aside
from .report import Bar, Plan, Report, Table, median_of, note_progress

CALLS, QUICK_CALLS = 80, 4
THREADS = 100  # infra/functions/watch-call.yaml
TURN_SECONDS = 6
DELTAS = 15
SETTLE_SECONDS = 3
START_SECONDS = 60
MEMORY_MB = 400  # of the 512 that an instance has
CORES = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One round: what the process had and spent with nobody to watch, and with `calls`."""

    calls: int
    idle_mb: float
    mb: float
    cores: float
    events_per_second: float


class Talking:
    """OpenAI's side of the sidebands: every call goes on talking until the bench ends."""

    def __init__(self) -> None:
        self.attached = 0
        self.sent = 0

    def create_app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v1/realtime", self._sideband)
        return app

    async def _sideband(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        number, self.attached = self.attached, self.attached + 1
        await asyncio.sleep(TURN_SECONDS * (number % CALLS) / CALLS)  # not all at the same moment
        while not socket.closed:
            for event in turn(f"{request.query['call_id']}_{self.sent}"):
                await socket.send_str(json.dumps(event))
                self.sent += 1
            await asyncio.sleep(TURN_SECONDS)
        return socket


def turn(name: str) -> Iterator[dict[str, Any]]:
    """The events of one turn: the person says something, the model answers."""
    heard, answer = f"item_{name}_heard", {"response_id": f"resp_{name}", "item_id": f"item_{name}", "content_index": 0}
    transcription = "conversation.item.input_audio_transcription"
    details = {"text_tokens": 119, "audio_tokens": 13, "cached_tokens_details": {"text_tokens": 64}}
    usage = {"input_token_details": details, "output_token_details": {"text_tokens": 30, "audio_tokens": 91}}
    events: list[dict[str, Any]] = [
        {"type": "input_audio_buffer.speech_started", "item_id": heard},
        {"type": "input_audio_buffer.speech_stopped", "item_id": heard},
        {"type": "conversation.item.added", "item": {"id": heard, "type": "message", "role": "user", "content": []}},
        {"type": f"{transcription}.completed", "item_id": heard, "content_index": 0, "transcript": "What is the time?"},
        {"type": "response.created", "response": {"id": f"resp_{name}"}},
        *({"type": "response.output_audio_transcript.delta", **answer, "delta": "Some words. "} for _ in range(DELTAS)),
        {"type": "response.output_audio_transcript.done", **answer, "transcript": "Some words. " * DELTAS},
        {"type": "conversation.item.done", "item": {"id": f"item_{name}", "type": "message", "role": "assistant"}},
        {"type": "response.done", "response": {"id": f"resp_{name}", "status": "completed", "usage": usage}},
        {"type": "rate_limits.updated", "rate_limits": []},
    ]
    return ({"event_id": f"event_{number}_{name}", **event} for number, event in enumerate(events))


def benchmark(plan: Plan) -> Report:
    """As many rounds, each with a process of its own and `plan.seconds` of watching at least two turns."""
    calls = QUICK_CALLS if plan.quick else CALLS
    seconds = max(plan.seconds, 1 if plan.quick else 2 * TURN_SECONDS)
    rounds = []
    for number in range(plan.rounds):
        note_progress(f"watching {calls} calls, round {number + 1} of {plan.rounds}")
        rounds.append(measure(calls, seconds))
    return report(rounds)


def measure(calls: int, seconds: int) -> Watched:
    with ExitStack() as stack:
        core = stack.enter_context(one_core_set_aside())
        thread, talking = stack.enter_context(_server_thread()), Talking()
        google, port = stack.enter_context(google_cloud(API_KEY)).ours, free_port()
        environ = {
            **google,
            "OPENAI_BASE_URL": f"{thread.serve(talking.create_app())}/v1",
            "WATCH_CALL_URL": f"http://{LOOPBACK}:{port}",
            "PERSON_PER_MINUTE": "1000000",
        }
        peer = framework_peer("watch-call", ROOT / "functions" / "main.py", "watch_call", environ)
        server = Server(peer.name, peer.command, {**peer.environ, "PORT": str(port), "THREADS": str(THREADS)}, core, "")
        stack.callback(server.stop)
        server.port = port
        server.wait_until_listening()
        start_watch(environ, "rtc_first")  # what the first watch loads is not the price of a call
        wait_until(lambda: talking.attached == 1)
        time.sleep(SETTLE_SECONDS)
        idle_mb = server.pss_mb()
        for number in range(calls):
            start_watch(environ, f"rtc_{number}")
        wait_until(lambda: talking.attached == calls + 1)
        time.sleep(SETTLE_SECONDS)
        cpu, sent, began = server.cpu_seconds(), talking.sent, time.monotonic()
        time.sleep(seconds)
        took = time.monotonic() - began
        return Watched(
            calls=calls,
            idle_mb=idle_mb,
            mb=server.pss_mb(),
            cores=(server.cpu_seconds() - cpu) / took,
            events_per_second=(talking.sent - sent) / took,
        )


@contextmanager
def _server_thread() -> Iterator[ServerThread]:
    thread = ServerThread()
    try:
        yield thread
    finally:
        thread.stop()


def start_watch(environ: dict[str, str], call_id: str) -> None:
    """As create_call does."""
    now = int(time.time())
    keys = SigningKeys(Path(environ["SIGNING_KEY_FILE"]).read_text())
    queue = TaskQueue(Settings.from_environ(environ), lambda: keys)
    call = KnownCall(
        call_id=f"{call_id}_{os.urandom(6).hex()}",
        person_id="bench",
        agent="assistant",
        setup=CallMode.CLIENT_SECRET,
        started_at=now,
        deadline=now + 3600,
    )
    queue.create(Task(WATCH, call))


def wait_until(holds: Any) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise BenchError(f"watch-call did not attach to all calls within {START_SECONDS} s.")
        time.sleep(0.05)


def report(rounds: list[Watched]) -> Report:
    calls, mb, idle_mb = rounds[0].calls, median_of(rounds, "mb"), median_of(rounds, "idle_mb")
    cores, events = median_of(rounds, "cores"), median_of(rounds, "events_per_second")
    rows = [
        ("the process with one call", f"{idle_mb:.0f} MB", ""),
        (f"the process with {calls} more", f"{mb:.0f} MB", f"{100 * cores:.1f} % of a core"),
        ("each call", f"{1000 * (mb - idle_mb) / calls:.0f} kB", f"{100 * cores / calls:.2f} % of a core"),
    ]
    title = f"{calls} calls watched by one process, {events:.0f} events/s"
    return Report(
        tables=[Table(title, ("", "memory (PSS)", "CPU"), rows)],
        bars=[
            Bar(name=f"memory with {calls} calls", value=mb, limit=MEMORY_MB, unit=" MB"),
            Bar(name=f"CPU with {calls} calls", value=cores, limit=CORES, unit=" cores"),
        ],
        measurements={"rounds": [asdict(each) for each in rounds]},
    )
