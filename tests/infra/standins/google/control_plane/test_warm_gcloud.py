"""A forked gcloud is gcloud: it prints, asks and answers the same, and dies with whoever called it."""

import contextlib
import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from .....google import PROJECT_ID, Google, needs_gcloud

pytestmark = needs_gcloud
PROJECT = f"--project={PROJECT_ID}"
COMMANDS = [
    ["config", "get", "account"],
    ["projects", "describe", PROJECT_ID, "--format=json(projectId,projectNumber)"],
    ["projects", "get-iam-policy", PROJECT_ID],
    ["secrets", "list", PROJECT],
    ["services", "list", "--enabled", PROJECT, "--format=value(config.name)"],
    ["projects", "describe", "somebody-elses"],
    ["projects", "describe"],
    ["storage", "buckets", "list", PROJECT, "--format=json"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_says_asks_and_ends_as_a_plain_gcloud(google: Google, warm_google: Google, command: list[str]) -> None:
    google.enable_everything()
    plain = google.run("gcloud", *command)
    asked = [str(entry) for entry in google.plane.state.log]
    google.plane.state.log.clear()
    for _ in range(2):  # the second finds imported what the first imported
        warm = warm_google.run("gcloud", *command)
        assert (warm.returncode, warm.stdout, warm.stderr) == (plain.returncode, plain.stdout, plain.stderr)
        assert [str(entry) for entry in google.plane.state.log] == asked
        google.plane.state.log.clear()


def test_reads_standard_input_the_environment_and_the_working_folder(warm_google: Google, tmp_path: Path) -> None:
    warm_google.enable_everything()
    (tmp_path / "value").write_text("from the folder")
    environment = {**warm_google.environment, "CLOUDSDK_CORE_PROJECT": PROJECT_ID}
    for data_file in ("-", "value"):
        name = f"secret-{data_file}"
        subprocess.run(
            ["gcloud", "secrets", "create", name, f"--data-file={data_file}"],
            cwd=tmp_path, env=environment, input=b"from standard input", check=True, timeout=60, capture_output=True,
        )  # fmt: skip
        said = warm_google.run("gcloud", "secrets", "versions", "access", "latest", f"--secret={name}", PROJECT)
        assert said.stdout == {"-": "from standard input", "value": "from the folder"}[data_file]


def test_a_command_ends_with_its_caller(warm_google: Google) -> None:
    reached, goes_on = threading.Event(), threading.Event()

    def hold(_: object) -> None:
        reached.set()
        goes_on.wait(20)

    warm_google.plane.state.faults.call(before=hold, method="GET", path=f"/projects/{PROJECT_ID}$")
    command = ["gcloud", "projects", "describe", PROJECT_ID]
    with subprocess.Popen(command, env=warm_google.environment, stdout=subprocess.PIPE, start_new_session=True) as shim:
        assert reached.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shim.pid, signal.SIGKILL)
        assert shim.stdout is not None
        # The pipe ends when nobody has it open any more: neither the shim nor the command that it stood for.
        assert shim.stdout.read() == b""
        goes_on.set()
    assert shim.returncode == -signal.SIGKILL
