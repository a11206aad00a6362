"""Calls as in production, without a browser: deployed functions, Cloud Tasks, OpenAI's stand-in, aiortc peers."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from standins import openai as openai_realtime
from standins.function_process import FunctionProcess, free_port, function_process, function_processes
from standins.local.cloud import BUCKET, PROJECT_ID, REGION, TOKEN, authorization, start_local_cloud
from standins.serving import LOOPBACK, serving
from voicemint.google.control_bucket import ControlBucket
from voicemint.secrets.signing import SigningKeys

from ..infra.standins.openai.calling import Caller
from ..infra.standins.openai.talking import Hearing, hum
from .conftest import API_KEY

ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 30
PUBLIC_FUNCTIONS = ("mint-client-secret", "create-call")
INSTRUCTIONS = "Be kind, and keep to what was agreed."

AGENT = f"""
label = "A"
instructions = "{INSTRUCTIONS}"
greeting = "Say hello."
model = "gpt-realtime-2.1"
voice = "marin"
max_call_minutes = 30
"""
AGENTS = {
    "assistant": AGENT,
    "unified": AGENT + 'setup = "unified"\nserver_tools = ["current_time"]\n',
    "thrifty": AGENT + 'setup = "unified"\nmax_call_cents = 1\n',
}

JsonObject = dict[str, Any]


@dataclass
class OpenedCall:
    call_id: str
    ticket: str
    caller: Caller
    opened_at: float  # of time.monotonic(): when the server was asked that gives the call its deadline


@dataclass
class CallSite:
    """Functions and stand-ins that are up. `watch` is watch-call's process, which a test may kill and restart."""

    folder: Path
    environment: Mapping[str, str]
    openai_url: str
    urls: Mapping[str, str]
    http: aiohttp.ClientSession
    stack: AsyncExitStack
    watch: FunctionProcess
    watch_port: int

    async def post(self, path: str, function: str = "create-call", person: str = "person1", **options: Any) -> Any:
        """The function's answer, read whole: (status, headers, body)."""
        headers = {"Cookie": f"__session={self._cookie(person)}", **options.pop("headers", {})}
        async with self.http.post(f"{self.urls[function]}{path}", headers=headers, **options) as answer:
            return answer.status, answer.headers, await answer.read()

    async def open_unified(self, agent: str = "unified", person: str = "person1") -> OpenedCall:
        caller = Caller()
        offer, opened_at = await caller.offer(), time.monotonic()
        call_id, ticket, answer = await self.answer_to(offer, agent, person)
        await caller.accept(answer)
        await caller.listener.wait_for("session.created")
        return OpenedCall(call_id, ticket, caller, opened_at)

    async def answer_to(self, offer: str, agent: str = "unified", person: str = "person1") -> tuple[str, str, str]:
        """Call id, ticket and SDP answer of a call that the server opens."""
        sdp = {"Content-Type": "application/sdp"}
        status, headers, body = await self.post(
            f"/api/calls?agent={agent}", person=person, data=offer.encode(), headers=sdp
        )
        assert status == 201, body
        return headers["Location"].rpartition("/")[2], headers["Voicemint-Ticket"], body.decode()

    async def open_from_a_page_that_goes(self) -> tuple[str, float]:
        """The call's id and when it was opened; the page was killed in mid-call and says nothing more."""
        page = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.functions.page"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'functions'}:{ROOT / 'infra'}"},
        )
        assert page.stdin is not None
        assert page.stdout is not None
        offer, opened_at = json.loads(await page.stdout.readline()), time.monotonic()
        call_id, _, answer = await self.answer_to(offer)
        page.stdin.write(json.dumps(answer).encode() + b"\n")
        assert await page.stdout.readline() == b"up\n"
        page.kill()
        await page.wait()
        return call_id, opened_at

    async def open_with_client_secret(self) -> OpenedCall:
        status, _, body = await self.post("/api/client-secrets", "mint-client-secret", json={})
        assert status == 200, body
        minted, caller = json.loads(body), Caller()
        headers = {"Authorization": f"Bearer {minted['value']}", "Content-Type": "application/sdp"}
        async with self.http.post(minted["calls_url"], data=(await caller.offer()).encode(), headers=headers) as answer:
            assert answer.status == 201
            call_id = answer.headers["Location"].rpartition("/")[2]
            await caller.accept(await answer.text())
        await caller.listener.wait_for("session.created")
        opened_at = time.monotonic()
        status, _, body = await self.post("/api/calls/register", json={"call_id": call_id})
        assert status == 201, body
        return OpenedCall(call_id, json.loads(body)["ticket"], caller, opened_at)

    async def state_of(self, call_id: str) -> str:
        """connecting, connected, or how the call ended."""
        async with self.http.get(f"{self.openai_url}/_standin/calls") as answer:
            calls = (await answer.json())["calls"]
        return next((str(call["state"]) for call in calls if call["id"] == call_id), "unknown")

    async def hung_up(self, call_id: str, since: float) -> float:
        """Wait until the call was hung up; returns the seconds `since` then."""

        async def is_hung_up() -> bool:
            return await self.state_of(call_id) == "hung up"

        await self.until(is_hung_up)
        return time.monotonic() - since

    async def noted(self, call_id: str, type_: str, times: int = 1) -> list[JsonObject]:
        """Wait until the server has kept `times` events of a type about the call; returns them."""

        async def is_noted() -> bool:
            return len(self._of_type(call_id, type_)) >= times

        await self.until(is_noted)
        return self._of_type(call_id, type_)

    async def until_written(self, call_id: str) -> None:
        """Wait until every watch of the call has ended: it has then written what it heard."""

        async def is_idle() -> bool:
            url = (
                f"{self.environment['CLOUD_TASKS_URL']}/v2/projects/{PROJECT_ID}/locations/{REGION}/queues/calls/tasks"
            )
            async with self.http.get(url, headers=authorization(self.environment[TOKEN])) as answer:
                tasks = (await answer.json()).get("tasks", [])
            return not any(f"{call_id}-watch-" in task["name"] for task in tasks)

        await self.until(is_idle)

    def _of_type(self, call_id: str, type_: str) -> list[JsonObject]:
        return [event for event in self.heard(call_id) if event["type"] == type_]

    def heard(self, call_id: str) -> list[JsonObject]:
        """What the server has kept of the call, oldest first."""
        records = [
            json.loads(line)
            for file in (self.folder / "bucket" / BUCKET).rglob(f"{call_id}/server-*.ndjson")
            for line in file.read_text().splitlines()
        ]
        kept = sorted((record["server"] for record in records), key=lambda entry: str(entry["at"]))
        return [entry["event"] for entry in kept]

    def control_objects(self, prefix: str) -> list[str]:
        """Names of the control bucket's objects under `prefix`."""
        return self.control_bucket().list(prefix)

    def control_bucket(self) -> ControlBucket:
        told = self.environment
        return ControlBucket(
            told["CONTROL_BUCKET"],
            storage_url=told["STORAGE_EMULATOR_HOST"],
            metadata_host=told["GCE_METADATA_HOST"],
        )

    async def until(self, holds: Callable[[], Awaitable[bool]], within: float = WAIT_SECONDS) -> None:
        async with asyncio.timeout(within):
            while not await holds():
                await asyncio.sleep(0.05)

    async def restart_watch_call(self) -> None:
        """As a platform does after an instance was killed."""
        await self.kill_watch_call()
        await self.start_watch_call()

    async def kill_watch_call(self) -> None:
        os.killpg(self.watch.process.pid, signal.SIGKILL)
        await self.watch.process.wait()

    async def start_watch_call(self) -> None:
        """After it was killed."""
        self.watch = await self.stack.enter_async_context(
            function_process("watch-call", self.environment, self.folder / "again", port=self.watch_port)
        )
        await self.watch.listening()

    def _cookie(self, person: str) -> str:
        session = {"id": person, "name": "Ana", "exp": int(time.time()) + 3600, "epoch": 0}
        return SigningKeys(Path(self.environment["SIGNING_KEY_FILE"]).read_text()).sign("session", session)


@asynccontextmanager
async def call_site(folder: Path, **environment: str) -> AsyncIterator[CallSite]:
    """Start everything with `environment` on top of a working one; stop everything."""
    agents = folder / "agents"
    agents.mkdir()
    for name, text in AGENTS.items():
        (agents / f"{name}.toml").write_text(text)
    async with AsyncExitStack() as stack:
        openai_url = await stack.enter_async_context(
            serving(openai_realtime.create_app(hearing=Hearing(), synthesize=hum))
        )
        cloud = await start_local_cloud(stack, folder, API_KEY)
        port = free_port()
        told = {
            **cloud,
            "OPENAI_BASE_URL": f"{openai_url}/v1",
            "WATCH_CALL_URL": f"http://{LOOPBACK}:{port}",
            "AGENTS_FOLDER": str(agents),
            "PERSON_PER_MINUTE": "1000",
            "INSTANCE_PER_MINUTE": "1000",
            "PERSON_DAILY_LIMIT": "1000",
            "MAX_CALLS_AT_ONCE": "100",
            **environment,
        }
        *functions, watch = await stack.enter_async_context(
            function_processes([*PUBLIC_FUNCTIONS, "watch-call"], told, folder / "logs", {"watch-call": port})
        )
        own_connections = aiohttp.TCPConnector(force_close=True)  # a function closes an idle one whenever it likes
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=own_connections))
        urls = {function.name: function.url for function in functions}
        yield CallSite(folder, told, openai_url, urls, http, stack, watch, port)
