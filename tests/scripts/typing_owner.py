"""An owner at a terminal: a command is started in one, and what it asks is answered as a person would type it."""

import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CHUNK_BYTES = 65536


@dataclass(frozen=True)
class Typed:
    """`shown` is everything that stood on the terminal, `answered` what was asked and answered, in order."""

    returncode: int
    shown: str
    answered: tuple[str, ...]


def run_in_terminal(
    command: Sequence[str], answers: Mapping[str, str], *, cwd: Path, environment: Mapping[str, str], seconds: float
) -> Typed:
    """`answers`: a pattern that is searched for in what is shown since the last answer, and the line to type."""
    terminal, inner = pty.openpty()
    with subprocess.Popen(
        command, cwd=cwd, env=dict(environment), stdin=inner, stdout=inner, stderr=inner, start_new_session=True
    ) as process:
        os.close(inner)
        try:
            shown, answered = _converse(terminal, answers, time.monotonic() + seconds)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            os.close(terminal)
        return Typed(process.wait(timeout=30), shown, answered)


def _converse(terminal: int, answers: Mapping[str, str], deadline: float) -> tuple[str, tuple[str, ...]]:
    shown, position, answered = "", 0, list[str]()
    while True:
        left = deadline - time.monotonic()
        assert left > 0, f"no end in time; the last words: {shown[-2000:]}"
        if not select.select([terminal], [], [], min(left, 1))[0]:
            continue
        try:
            said = os.read(terminal, CHUNK_BYTES)
        except OSError:  # the last process has closed its side
            said = b""
        if not said:
            return shown, tuple(answered)
        shown += said.decode(errors="replace")
        for pattern, line in answers.items():
            if found := re.search(pattern, shown[position:]):
                os.write(terminal, f"{line}\n".encode())
                position += found.end()
                answered.append(pattern)
                break
