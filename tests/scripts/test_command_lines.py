"""Every script refuses a wrong command line in the same way, and before it has installed anything."""

import argparse
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from common.command_line import CommandLine
from owner import invite, limits, phone, rotate_key, stop
from provision import bootstrap, teardown
from provision.doctor import __main__ as doctor
from release import rollback, trigger
from smoke import __main__ as smoke

SCRIPTS = Path(__file__).parents[2] / "scripts"
COMMANDS = sorted(file.name for file in SCRIPTS.glob("*.sh") if file.read_text().startswith("#!"))
PARSERS: dict[str, Callable[[Sequence[str]], argparse.Namespace]] = {
    "bootstrap.sh": bootstrap.parse,
    "doctor.sh": doctor.parse,
    "invite.sh": invite.parse,
    "limits.sh": limits.parse,
    "phone.sh": phone.parse,
    "rollback.sh": rollback.parse,
    "rotate-key.sh": rotate_key.parse,
    "smoke.sh": smoke.parse,
    "stop.sh": stop.parse,
    "teardown.sh": teardown.parse,
    "trigger.sh": trigger.parse,
}
OF_THE_SHELL = {"--help", "--project"}  # what a script may take for itself


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts as they are in a fresh clone: nothing is installed, and nothing could be."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / "scripts").mkdir()
    for file in SCRIPTS.glob("*.sh"):
        shutil.copy2(file, folder / "scripts")
    return folder


def run(clone: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(
        [clone / "scripts" / name, *arguments], cwd=clone, capture_output=True, text=True, timeout=60
    )
    assert sorted(path.name for path in clone.iterdir()) == ["scripts"]
    return ended


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_that_a_script_does_not_have_is_refused_before_anything_is_installed(clone: Path, name: str) -> None:
    ended = run(clone, name, "--nonsense")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"error: scripts/{name} has no option '--nonsense'. See scripts/{name} --help\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_given_before_anything_is_installed(clone: Path, name: str) -> None:
    ended = run(clone, name, "--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f"Usage: scripts/{name}" in ended.stdout


@pytest.mark.parametrize("name", PARSERS)
def test_help_is_the_header_of_the_script_whoever_is_asked(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        PARSERS[name](["--help"])
    shown = subprocess.run([SCRIPTS / name, "--help"], capture_output=True, text=True, timeout=60, check=True)
    assert ended.value.code == 0
    assert capsys.readouterr().out == shown.stdout


REFUSED = {
    "bench.sh": "say what to measure: mint, page, call or watch",
    "bench.sh nonsense": "say what to measure: mint, page, call or watch",
    "bootstrap.sh --dry-runs": "scripts/bootstrap.sh has no option '--dry-runs'",
    "bootstrap.sh --invite": "--invite needs a value",
    "bootstrap.sh my-project": "unexpected argument 'my-project'",
    "check.sh --fix=all": "--fix takes no value",
    "check.sh scripts": "unexpected argument 'scripts'",
    "deploy.sh --project --dry-run": "--project needs a value",
    "dev.sh -p 5001": "scripts/dev.sh has no option '-p'",
    "invite.sh": 'say whom the link is for, as in scripts/invite.sh "Ana\'s iPad"',
    "invite.sh --list --local=yes": "--local takes no value",
    "invite.sh --revok=Ana": "scripts/invite.sh has no option '--revok'",
    "release.sh --deployed --channel=": "--channel needs a value",
    "release.sh main": "unexpected argument 'main'",
    "rotate-key.sh": "say which key to replace: openai or signing",
    "rotate-key.sh --overlap 5 other": "say which key to replace: openai or signing",
    "test.sh functions --no-such-option": "scripts/test.sh has no option '--no-such-option'",
    "test.sh --maxfail": "--maxfail needs a value",
    "trigger.sh --connection host --branch --yes": "--branch needs a value",
}


@pytest.mark.parametrize(("command", "why"), REFUSED.items())
def test_a_wrong_command_line_is_refused_with_a_sentence_and_exit_code_2(clone: Path, command: str, why: str) -> None:
    name, *arguments = command.split()
    ended = run(clone, name, *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"error: {why}. See scripts/{name} --help\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_with_nothing_behind_it_is_refused_and_not_left_out(clone: Path, name: str) -> None:
    for line in named_in_the_help(name, "cat"):
        option, _, value = line.partition(" ")
        for arguments in ([f"{option}="], [option, ""]) if value else ():
            ended = run(clone, name, *arguments)
            refused = f"error: {option} needs a value. See scripts/{name} --help\n"
            assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", refused)


@pytest.mark.parametrize("name", ["smoke.sh", "deploy.sh", "invite.sh", "test.sh"])
def test_an_argument_with_nothing_in_it_is_refused_and_not_left_out(clone: Path, name: str) -> None:
    """As where a variable was empty: scripts/smoke.sh "$URL"."""
    ended = run(clone, name, "")
    assert (ended.returncode, ended.stderr) == (2, f"error: an argument is empty. See scripts/{name} --help\n")


@pytest.mark.parametrize("name", PARSERS)
def test_the_help_names_every_option_that_a_script_takes(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CommandLine, "format_help", argparse.ArgumentParser.format_help)  # what argparse itself knows
    with pytest.raises(SystemExit):
        PARSERS[name](["--help"])
    taken = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))
    assert taken - OF_THE_SHELL == set(named_in_the_help(name)) - OF_THE_SHELL


@pytest.mark.parametrize("name", PARSERS)
def test_what_python_refuses_is_said_as_the_shell_says_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        PARSERS[name](["--nonsense"])
    assert ended.value.code == 2
    assert re.fullmatch(rf"error: .+\. See scripts/{re.escape(name)} --help\n", capsys.readouterr().err)


def test_a_file_that_a_script_writes_to_gets_no_escape_codes() -> None:
    said = subprocess.run(
        ["bash", "-c", "source scripts/lib.sh; step Building"], cwd=SCRIPTS.parent, capture_output=True
    )
    assert said.stderr == b"==> Building\n"


def named_in_the_help(name: str, command: str = 'cut -d" " -f1') -> list[str]:
    """As scripts/options.sh reads them."""
    known = f'source "$(dirname "$0")/lib.sh"; known_options | {command}'
    ended = subprocess.run(["bash", "-c", known, SCRIPTS / name], capture_output=True, text=True, check=True)
    return ended.stdout.splitlines()
