"""Every command of the README is run: here against a run of its own, or where it says below."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .readme import COMMANDS, FENCED, OF_A_PROJECT, OUTPUTS, not_printed
from .test_dev import dev, read_until_ready

ROOT = Path(__file__).parents[2]
README_BASE = "http://localhost:5000"
RUN_ELSEWHERE = {
    "scripts/dev.sh": "the fixture below",
    "scripts/test.sh": ".ci/run",
    "scripts/bench.sh mint": "test_bench.py, with --quick",
    **dict.fromkeys(OF_A_PROJECT, "test_readme_project.py"),
}
WITHOUT_OUTPUT = {"scripts/bench.sh mint": "figures of one machine"}
RUN_HERE = [command for command in COMMANDS if command not in RUN_ELSEWHERE]


@pytest.fixture(scope="module")
def local_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """scripts/dev.sh as the README has it, but on a free port and in a folder of its own: its link and its folder."""
    folder = tmp_path_factory.mktemp("local-run")
    with dev(folder, "--port", "0") as process:
        link, printed = read_until_ready(process)
        assert not_printed("scripts/dev.sh", printed.replace(base_of(link), README_BASE)) == []
        yield link, folder


def base_of(link: str) -> str:
    return link.partition("/#")[0]


def test_the_readme_names_the_commands_that_are_run_elsewhere() -> None:
    assert [command for command in RUN_ELSEWHERE if command not in COMMANDS] == []


def test_the_readme_shows_what_each_command_prints() -> None:
    assert [command for command in COMMANDS if command not in OUTPUTS] == list(WITHOUT_OUTPUT)


@pytest.mark.parametrize("command", RUN_HERE)
def test_a_command_of_the_readme_works(command: str, local_run: tuple[str, Path]) -> None:
    link, folder = local_run
    words = shlex.split(command.replace(README_BASE, base_of(link)))
    if "--local" in words:
        words += ["--folder", str(folder)]
    environment = {**os.environ, "VOICEMINT_INVITE": link}
    ended = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=110)
    printed = (ended.stdout + ended.stderr).replace(base_of(link), README_BASE)
    assert ended.returncode == 0, printed
    assert ended.stdout.strip()
    assert not_printed(command, printed) == []


def test_the_telephone_can_be_tried_as_the_documents_say(local_run: tuple[str, Path]) -> None:
    """curl is let in by the run's headers, and by nothing else."""
    _, folder = local_run
    document = (ROOT / "docs" / "agents.md").read_text()
    [block] = [block for block in FENCED.findall(document) if "_standin" in block]
    without = re.sub(r' -H "\$headers"', " -H content-type:application/json", block)
    said = [
        subprocess.run(
            ["bash", "-euc", text.replace("curl ", "curl -sS ").replace(".voicemint", str(folder))],
            capture_output=True, text=True, timeout=60,
        )
        for text in (block, without)
    ]  # fmt: skip
    assert [ended.stderr for ended in said] == ["", ""]
    assert '"setup": "sip"' in said[0].stdout
    assert said[1].stdout.count("The local run's token is missing") == 2
