"""Servers under measurement: started with a clean environment, measured as a whole tree, always ended."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path

LOOPBACK = "127.0.0.1"
START_LIMIT_SECONDS = 30
POLL_SECONDS = 0.001
REQUEST_TIMEOUT_SECONDS = 10
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# In /proc/PID/stat, counted from the state letter: the process group, then user, system and waited-for children's time.
STAT_GROUP = 2
STAT_CPU_TICKS = slice(11, 15)


class BenchError(Exception):
    """The measurement cannot be made; the message says why and what to do."""


class Server:
    """A process and everything it forks, on a port of its own.

    Each gets its own HOME and XDG_RUNTIME_DIR: gunicorn opens a control socket there, and two would share it.
    """

    def __init__(
        self, name: str, command: Sequence[str], environ: Mapping[str, str], cores: Set[int], cookie: str
    ) -> None:
        self.name = name
        self.cookie = cookie
        self.port = free_port()
        self._home = Path(tempfile.mkdtemp(prefix="voicemint-bench-"))
        self._output = self._home / "output"
        with self._output.open("wb") as output:
            self._started = time.perf_counter()
            self._process = subprocess.Popen(
                [argument.replace("{port}", str(self.port)) for argument in command],
                env={**self._clean_environ(), **environ},
                cwd=self._home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            os.sched_setaffinity(self.pid, cores)

    def _clean_environ(self) -> dict[str, str]:
        home = str(self._home)
        return {"PATH": os.environ["PATH"], "HOME": home, "XDG_RUNTIME_DIR": home, "PORT": str(self.port)}

    @property
    def pid(self) -> int:
        """The first process; also the id of the process group of all of them."""
        return self._process.pid

    def wait_for_200(self, path: str) -> float:
        """Seconds from the start of the process to its first 200 for a POST of {}."""
        while (elapsed := time.perf_counter() - self._started) < START_LIMIT_SECONDS:
            status = post_empty_object(self.port, path, self.cookie)
            if status == HTTPStatus.OK:
                return time.perf_counter() - self._started
            if status is not None:
                raise BenchError(f"{self.name} answered {status} to POST {path}; expected 200.\n{self._last_words()}")
            if self._process.poll() is not None:
                raise BenchError(f"{self.name} ended with status {self._process.returncode}.\n{self._last_words()}")
            time.sleep(POLL_SECONDS)
        raise BenchError(f"{self.name} did not answer within {elapsed:.0f} s.\n{self._last_words()}")

    def wait_until_listening(self) -> None:
        """Wait until it takes connections, for who has no path that answers 200 to {}."""
        while time.perf_counter() - self._started < START_LIMIT_SECONDS:
            if self._process.poll() is not None:
                break
            with suppress(OSError), socket.create_connection((LOOPBACK, self.port), REQUEST_TIMEOUT_SECONDS):
                return
            time.sleep(POLL_SECONDS)
        raise BenchError(f"{self.name} does not listen.\n{self._last_words()}")

    def cpu_seconds(self) -> float:
        """User and system time of the tree since its start, ended children included."""
        ticks = sum(int(value) for _pid, stat in self._tree() for value in stat[STAT_CPU_TICKS])
        return ticks / TICKS_PER_SECOND

    def pss_mb(self) -> float:
        """Memory of the tree in MB; a page shared with other processes counts in proportion."""
        return sum(_pss_kb(pid) for pid, _stat in self._tree()) / 1000

    def stop(self) -> None:
        """End the tree: by KILL, for nothing here has anything to save."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self._home, ignore_errors=True)

    def _tree(self) -> Iterator[tuple[str, list[str]]]:
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with suppress(OSError):  # it ended meanwhile
                stat = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
                if int(stat[STAT_GROUP]) == self.pid:
                    yield pid, stat

    def _last_words(self) -> str:
        return self._output.read_text(errors="replace")[-2000:]


@contextmanager
def running(
    name: str, command: Sequence[str], environ: Mapping[str, str], cores: Set[int] | None = None, cookie: str = ""
) -> Iterator[Server]:
    """A server that ends with the block, on `cores` (default: ours), asked with `cookie`.

    PORT, and {port} in the command, is its port.
    """
    server = Server(name, command, environ, cores or os.sched_getaffinity(0), cookie)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def one_core_set_aside() -> Iterator[Set[int]]:
    """Yields the core for what is measured, as an instance with one vCPU has; everything else takes the others.

    Without it the load and the measured server push each other from core to core, and no two runs agree.
    """
    cores = os.sched_getaffinity(0)
    measured = {min(cores)}
    os.sched_setaffinity(0, cores - measured or cores)
    try:
        yield measured
    finally:
        os.sched_setaffinity(0, cores)


def free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as probe:
        return int(probe.getsockname()[1])


def post_empty_object(port: int, path: str, cookie: str) -> int | None:
    """The status of POST {}; None while nothing listens."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=REQUEST_TIMEOUT_SECONDS)
    try:
        headers = {"Content-Type": "application/json", **({"Cookie": cookie} if cookie else {})}
        connection.request("POST", path, body="{}", headers=headers)
        return connection.getresponse().status
    except (ConnectionRefusedError, ConnectionResetError, http.client.RemoteDisconnected):
        return None
    finally:
        connection.close()


def _pss_kb(pid: str) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
