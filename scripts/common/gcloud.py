"""The owner's own gcloud, as a program: one project, no prompt, no log file, and nothing secret in an argument.

The project is pinned three times: by a configuration of its own (never the one that is active in the owner's shell), by
CLOUDSDK_CORE_PROJECT, and by --project on every command line.
"""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from common.console import CommandFailed
from common.failures import UNKNOWN, look_up

ROOT = Path(__file__).parents[2]
# Ends the command when this process ends, however that ends: a killed bootstrap leaves nobody who goes on writing.
CHILD = (sys.executable, "-I", "-S", str(ROOT / "scripts" / "common" / "child.py"))
READ_SECONDS = 120
WRITE_SECONDS = 900
CONFIGURATION_PREFIX = "voicemint-"
QUIET = {
    "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
    "CLOUDSDK_CORE_DISABLE_FILE_LOGGING": "1",  # a log file would keep what a command prints, secrets among it
    "CLOUDSDK_CORE_LOG_HTTP": "false",
    "CLOUDSDK_CORE_VERBOSITY": "warning",
    "CLOUDSDK_CORE_DISABLE_COLOR": "1",
    "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
    "CLOUDSDK_SURVEY_DISABLE_PROMPTS": "1",
}


class GcloudFailed(CommandFailed):
    """A gcloud command that did not succeed. `text` is all that it said, for failures.py to look up."""

    def __init__(self, line: str, text: str) -> None:
        self.line = line
        self.text = text
        super().__init__(happened=f"`{line}` failed: {_last_error(text)}", todo=_advice(line, text))


@dataclass(frozen=True)
class Gcloud:
    """`configuration` is the pinned one; None leaves the owner's active one in force, for reading before the pin."""

    project_id: str
    configuration: str | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def pinned(self) -> "Gcloud":
        return replace(self, configuration=configuration_name(self.project_id))

    @property
    def environment(self) -> dict[str, str]:
        """What gcloud is started with, and the scripts that call gcloud themselves."""
        pin = {"CLOUDSDK_CORE_PROJECT": self.project_id}
        if self.configuration:
            pin["CLOUDSDK_ACTIVE_CONFIG_NAME"] = self.configuration
        return {**self.environ, **QUIET, **pin}

    def command(self, *arguments: str) -> list[str]:
        """A whole command line: of this project, unless it is about gcloud's own configurations."""
        pin = [] if arguments[0] in ("config", "auth", "version") else [f"--project={self.project_id}"]
        return ["gcloud", *arguments, *pin]

    def read(self, *arguments: str) -> Any:
        """What a reading command answers, as JSON. Raises GcloudFailed."""
        chosen = () if any(argument.startswith("--format") for argument in arguments) else ("--format=json",)
        text = self.run(self.command(*arguments, *chosen), seconds=READ_SECONDS)
        return json.loads(text) if text.strip() else None

    def text(self, *arguments: str) -> str:
        """What a reading command prints, as it is. Raises GcloudFailed."""
        return self.run(self.command(*arguments), seconds=READ_SECONDS)

    def run(self, command: Sequence[str], *, stdin: str = "", seconds: float = WRITE_SECONDS) -> str:
        """Run a whole command line, which must hold no secret; what is secret goes to `stdin`. Raises GcloudFailed."""
        ended = run_bound(command, self.environment, stdin, seconds)
        if ended.returncode != 0:
            raise GcloudFailed(shlex.join(command), ended.stderr or ended.stdout)
        return ended.stdout


def configuration_name(project_id: str) -> str:
    return f"{CONFIGURATION_PREFIX}{project_id}"


def run_bound(
    command: Sequence[str], environment: Mapping[str, str], stdin: str, seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run a program that ends with this process, or after `seconds`. Raises GcloudFailed."""
    program = shutil.which(command[0], path=environment.get("PATH"))
    if program is None:
        raise CommandFailed(
            happened=f"The program {command[0]} was not found on PATH",
            todo="Install it: https://cloud.google.com/sdk/docs/install",
        )
    with subprocess.Popen(
        [*CHILD, str(os.getpid()), program, *command[1:]],
        env=environment, cwd=ROOT, text=True, start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            stdout, stderr = process.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired:
            end_group(process)
            raise GcloudFailed(shlex.join(command), f"ERROR: no end after {seconds:.0f} s") from None
        except BaseException:
            end_group(process)
            raise
    return subprocess.CompletedProcess(list(command), process.returncode, stdout, stderr)


def end_group(process: subprocess.Popen[str]) -> None:
    """The whole group: a script has children of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)


def _advice(line: str, text: str) -> str:
    """What to do about words that are known."""
    project = re.search(r"--project[= ](\S+)", line)
    failure = look_up(text, project[1] if project else "the project")
    return "The words above say why." if failure == UNKNOWN else f"{failure.fix}."


def _last_error(text: str) -> str:
    """gcloud's own sentence, without the warnings before it."""
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["nothing"])[-1].strip()
