"""Scripts of ours as steps: what they say on the way is passed on as they say it, and looked at when they fail."""

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from threading import Thread
from typing import IO

from common.console import say
from common.gcloud import CHILD, READ_SECONDS, ROOT, GcloudFailed, end_group, run_bound

SCRIPT_SECONDS = 3600
KEPT_CHARACTERS = 20_000


def run_script(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """What the script printed on stdout; its stderr is shown as it comes. Raises GcloudFailed with both."""
    with subprocess.Popen(
        [*CHILD, str(os.getpid()), str(ROOT / command[0]), *command[1:]],
        env=dict(environment), cwd=ROOT, text=True, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        heard: list[str] = []
        listener = Thread(target=_pass_on, args=(process.stderr, heard), daemon=True)
        listener.start()
        try:
            stdout = process.stdout.read() if process.stdout else ""
            code = process.wait(SCRIPT_SECONDS)
        except BaseException:
            end_group(process)
            raise
        listener.join()
    if code != 0:
        raise GcloudFailed(shlex.join(command), "".join([*heard, stdout])[-KEPT_CHARACTERS:])
    return stdout


def ask_script(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """What a reading script printed on stdout. Raises GcloudFailed with what it said."""
    ended = run_bound([str(ROOT / command[0]), *command[1:]], environment, "", READ_SECONDS)
    if ended.returncode != 0:
        raise GcloudFailed(shlex.join(command), ended.stderr or ended.stdout)
    return ended.stdout


def _pass_on(stream: IO[str] | None, heard: list[str]) -> None:
    for line in stream or ():
        heard.append(line)
        say(f"      {line.rstrip()}")
