"""Every script runs in bash 3.2, which is what macOS has."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .bash_3 import LATER, faults

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "scripts").glob("*.sh"))


def is_3(bash: str | None) -> bool:
    if bash is None or not Path(bash).exists():
        return False
    said = subprocess.run([bash, "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
    return "version 3.2" in said


NOTHING = ("ensure_venv", "ensure_node", "ensure_npm", "ensure_page", "check_agents", "ensure_program", "run_npm")
STUBS = " ".join(f"{name}() {{ :; }};" for name in NOTHING)
BASH_3 = next((bash for bash in (os.environ.get("BASH_3"), "/bin/bash", shutil.which("bash")) if is_3(bash)), None)


@pytest.mark.parametrize("script", [*SCRIPTS, ROOT / ".ci" / "run"], ids=lambda file: file.name)
def test_a_script_has_nothing_that_bash_3_lacks(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    sourced = "".join(file.read_text(encoding="utf-8") for file in SCRIPTS if f'/{file.name}"' in text)
    assert list(faults(text, sourced)) == []


@pytest.mark.parametrize(
    "line",
    [
        'run "${arguments[@]}"',
        "run ${arguments[*]}",
        'for one in "${arguments[@]}"; do :; done',
        'run "${arguments[@]/#/--file=}"',
        'run "${arguments[@]:1}"',
        'run ${others[@]+"${arguments[@]}"}',
    ],
)
def test_an_array_that_may_be_empty_is_found(line: str) -> None:
    assert [fault.what for fault in faults(f"arguments=()\n{line}\n")] == ["arguments may be empty"]


def test_an_array_of_another_file_counts_as_one_that_may_be_empty() -> None:
    assert [fault.line for fault in faults('run "${OPERANDS[@]}"')] == [1]


@pytest.mark.parametrize(
    "script",
    [
        'a=()\nrun ${a[@]+"${a[@]}"}',
        'a=()\nrun ${a[@]+"${a[@]/#/--file=}"}',
        "a=()\n((${#a[@]}))",
        'A=(ONE TWO)\nexport "${A[@]}"',
        '# "${a[@]}" is what the comment is about',
    ],
)
def test_what_works_in_every_bash_is_left_alone(script: str) -> None:
    assert list(faults(script)) == []


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("mapfile", "mapfile -t lines <file"),
        ("an associative array", "local -A seen"),
        ("a changed case", 'echo "${name,,}"'),
        ("a negative length", 'echo "${name:0:-1}"'),
        ("a pipe of both streams", "run |& cat"),
        ("an appended file of both streams", "run &>>log"),
        ("wait -n", "wait -n"),
        ("test -v", "[[ -v name ]]"),
        ("a variable of a later bash", 'echo "$EPOCHSECONDS"'),
        ("a descriptor that bash chooses", "exec {lock}>file"),
    ],
)
def test_what_came_with_a_later_bash_is_found(what: str, line: str) -> None:
    assert what in LATER
    assert [fault.what for fault in faults(line)] == [what]


needs_bash_3 = pytest.mark.skipif(
    BASH_3 is None, reason="NOT TESTED: no bash 3.2 is here; name one: BASH_3=/path/to/bash scripts/test.sh"
)


@needs_bash_3
def test_bash_3_itself_reads_every_script() -> None:
    assert BASH_3
    said = [subprocess.run([BASH_3, "-n", script], capture_output=True, timeout=60).stderr for script in SCRIPTS]
    assert said == [b""] * len(SCRIPTS)


@needs_bash_3
def test_bash_3_itself_ends_where_the_check_says_so(tmp_path: Path) -> None:
    """The check's own premise, and that the way round it is one."""
    assert BASH_3
    bad, good = 'set -u; a=(); echo "${a[@]}"', 'set -u; a=(); echo ${a[@]+"${a[@]}"}'
    assert "unbound variable" in subprocess.run([BASH_3, "-c", bad], capture_output=True, text=True, timeout=60).stderr
    assert subprocess.run([BASH_3, "-c", good], capture_output=True, text=True, timeout=60).stdout == "\n"


@needs_bash_3
def test_bash_3_itself_starts_the_local_run_the_tests_and_the_locking(tmp_path: Path) -> None:
    """Up to the program that each of them starts, without an option: what the README says first."""
    assert BASH_3
    folder = tmp_path / "tree"
    shutil.copytree(ROOT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    program = f'source() {{ builtin source "$@"; {STUBS} PYTHON=echo; }}; script=$1; set --; builtin source "$script"'
    uv = folder / ".venv" / "bin" / "uv"
    uv.parent.mkdir(parents=True)
    uv.write_text('#!/bin/sh\necho "$*"\n')
    uv.chmod(0o755)
    for script, started in (("dev.sh", "-m standins"), ("test.sh", "-m pytest"), ("lock.sh", "pip compile")):
        ended = subprocess.run(
            [BASH_3, "-c", program, folder / "scripts" / script, folder / "scripts" / script],
            cwd=folder, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert (ended.returncode, ended.stdout.startswith(started)) == (0, True), ended.stderr
