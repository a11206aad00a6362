"""infra/queues/: what gcloud and Cloud Tasks' stand-in both read, and that a call ends soon after its deadline."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from standins.google.cloud_tasks.queue import QueueConfig
from voicemint.agents.files import MAX_CALL_MINUTES
from voicemint.settings import Settings

from .infra_files import FUNCTIONS, INFRA

FILE = INFRA / "queues" / "calls.yaml"
FLAGS = yaml.safe_load(FILE.read_text())
CONFIG = QueueConfig.from_flags(FLAGS)
CUT_WITHIN_SECONDS = 5


def test_it_is_the_queue_that_the_functions_fill() -> None:
    assert FILE.stem == Settings.from_environ({"CONTROL_BUCKET": "control"}).calls_queue


def test_a_task_is_tried_again_soon_enough_and_for_longer_than_a_call_lasts() -> None:
    assert max(CONFIG.backoff(failures) for failures in range(1, 200)) <= CUT_WITHIN_SECONDS
    assert CONFIG.max_retry_duration > MAX_CALL_MINUTES * 60


def test_every_instance_can_be_busy_at_once() -> None:
    watch_call = FUNCTIONS["watch-call"]
    assert CONFIG.max_concurrent_dispatches >= watch_call["--concurrency"] * watch_call["--max-instances"]


@pytest.mark.skipif(shutil.which("gcloud") is None, reason="NOT TESTED: gcloud is not installed")
@pytest.mark.parametrize("verb", ["create", "update"])
@pytest.mark.parametrize(("more", "accepted"), [([], True), ([("--max-attempt", "3")], False)])
def test_gcloud_knows_every_flag(verb: str, more: list[tuple[str, str]], accepted: bool, tmp_path: Path) -> None:
    flags = " ".join(f"{flag}={value}" for flag, value in [*FLAGS.items(), *more])
    command = f"gcloud tasks queues {verb} calls --location=us-central1 {flags}"
    ended = subprocess.run(
        ["gcloud", "meta", "lint-gcloud-commands", f"--command-string={command}"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CLOUDSDK_CONFIG": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    [found] = json.loads(ended.stdout)
    assert found["success"] is accepted, found["error_message"]
