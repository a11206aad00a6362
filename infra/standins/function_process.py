"""A deployed function on this machine: one functions-framework process of its own, as on Cloud Run."""

import asyncio
import os
import random
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import yaml

from standins.first_of import first_of
from standins.serving import LOOPBACK

FUNCTIONS_FOLDER = Path(__file__).resolve().parents[2] / "functions"
CHILD = Path(__file__).resolve().parents[2] / "scripts" / "common" / "child.py"
DEPLOYED = Path(__file__).resolve().parents[1] / "functions"
START_SECONDS = 60  # seven start at once, on a machine that may be busy; one that fails ends, and nobody waits for it
STOP_SECONDS = 3
OWN_PORTS = (20_000, 32_000)
INHERITED = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "HTTPS_PROXY")


class FunctionFailedError(Exception):
    """A function's process ended by itself; the text holds the end of its log."""


@dataclass(frozen=True)
class FunctionProcess:
    name: str
    port: int
    process: asyncio.subprocess.Process
    log_file: Path

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    async def listening(self) -> None:
        """Wait until it takes connections. Raises FunctionFailedError."""
        first = await first_of(self.failed(), _connect(self.port), seconds=START_SECONDS)
        if first is None:
            raise FunctionFailedError(f"the function {self.name} did not listen within {START_SECONDS} s")
        if failure := first.result():
            raise failure

    def ask_to_stop(self) -> None:
        """Of several functions ask all before the first is waited for; to be asked twice does no harm."""
        self._signal(signal.SIGTERM)

    async def stop(self) -> None:
        self.ask_to_stop()
        try:
            await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self.process.wait()

    def _signal(self, signal_: signal.Signals) -> None:
        """To it and whatever it has started."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError):  # it has ended, and nobody has told us yet
                os.killpg(self.process.pid, signal_)

    async def failed(self) -> FunctionFailedError:
        """Wait until the process ends, and return the error with the end of its log."""
        code = await self.process.wait()
        tail = "\n".join(self.log_file.read_text(errors="replace").splitlines()[-12:])
        return FunctionFailedError(f"the function {self.name} ended with exit code {code}. Its last words:\n{tail}")


@asynccontextmanager
async def function_process(
    name: str, environment: Mapping[str, str], folder: Path, source: Path = FUNCTIONS_FOLDER, port: int = 0
) -> AsyncIterator[FunctionProcess]:
    """Run the deployed function `name` (mint-client-secret) until the block ends; yields it at once: see `listening`.

    `source` has its main.py. `folder` gets its log and its home: gunicorn keeps a control socket in HOME that two
    processes must not share. `port` 0 takes a free one.
    """
    port = port or free_port()
    home = folder / "home" / name
    home.mkdir(parents=True, exist_ok=True)
    log_file = folder / f"{name}.log"
    with log_file.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(CHILD), str(os.getpid())),
            *(sys.executable, "-m", "functions_framework", "--source", str(source / "main.py")),
            *("--target", name.replace("-", "_"), "--host", LOOPBACK, "--port", str(port)),
            env=_process_environment(name, environment, home),
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    function = FunctionProcess(name, port, process, log_file)
    try:
        yield function
    finally:
        await function.stop()


@asynccontextmanager
async def function_processes(
    names: Iterable[str], environment: Mapping[str, str], folder: Path, ports: Mapping[str, int] | None = None
) -> AsyncIterator[list[FunctionProcess]]:
    """Several of them: started at once, all listening when they are yielded, stopped at once."""
    async with AsyncExitStack() as stack:
        functions = []
        for name in names:
            process = function_process(name, environment, folder, port=(ports or {}).get(name, 0))
            functions.append(await stack.enter_async_context(process))
        for function in functions:
            stack.callback(function.ask_to_stop)
        for function in functions:
            await function.listening()
        yield functions


def _process_environment(name: str, environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """Only what a process needs of the caller's environment, so a key that is set there stays there."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    own = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home), "HOST": LOOPBACK, "THREADS": _threads(name)}
    return {**inherited, **own, "PYTHONUNBUFFERED": "1", **environment}


def _threads(name: str) -> str:
    """As many as when it is deployed; functions-framework's default is 4 a CPU."""
    told: str = yaml.safe_load((DEPLOYED / f"{name}.yaml").read_text())["--set-env-vars"]["THREADS"]
    return told


def free_port() -> int:
    """Below the ports that a system gives by itself: nothing else takes it before the process listens there."""
    while True:
        port = random.SystemRandom().randrange(*OWN_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port


async def _connect(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
