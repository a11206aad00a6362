"""project.env has one reader: what Bash and Python make of a file is the same, from whatever system it comes."""

import subprocess
from pathlib import Path

import pytest
from common.console import CommandFailed
from common.env_file import UnreadableFile, read_env
from common.names import read_names, remember

ROOT = Path(__file__).parents[2]
PROJECT_ID = "read-in-a-test"
TEXT = f"# which project\nPROJECT_ID='{PROJECT_ID}' \nREGION=us-central1\nBUCKET=\"named-here\"\n"
READABLE = {
    "of Linux": TEXT.encode(),
    "of Windows": TEXT.replace("\n", "\r\n").encode(),
    "with a byte order mark": TEXT.removeprefix("# which project\n").encode("utf-8-sig"),
    "without a line end at its end": TEXT.rstrip("\n").encode(),
}
UNREADABLE = {
    "in UTF-16": (TEXT.encode("utf-16"), "project.env is in UTF-16, .* and not in UTF-8"),
    "in UTF-16 without a mark": (TEXT.encode("utf-16-le"), "project.env is in UTF-16, .* and not in UTF-8"),
    "in another encoding": (TEXT.replace("which", "für").encode("latin-1"), "project.env is not in UTF-8: see byte 3"),
    "with a line of a shell": (
        b"REGION=us-central1\nexport PROJECT_ID=mine\n",
        "Line 2 of project.env is not NAME=value",
    ),
}


def write(folder: Path, content: bytes) -> Path:
    file = folder / "project.env"
    file.write_bytes(content)
    return file


def bash_reads(file: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """As every script that works on a project does, from any folder."""
    program = f"source {ROOT}/scripts/lib.sh; source {ROOT}/scripts/project.sh; cd /; read_project"
    said = 'printf "%s|" "$PROJECT_ID" "$REGION" "$BUCKET" "$CONTROL_BUCKET"'
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{program}; {said}"], env={"PATH": "/usr/bin:/bin", "PROJECT_ENV": file},
        cwd=folder, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("kind", READABLE)
def test_bash_and_python_read_the_same_in_a_file(kind: str, tmp_path: Path) -> None:
    file = write(tmp_path, READABLE[kind])
    names = read_names({}, file)
    assert (names.project_id, names.region, names.bucket) == (PROJECT_ID, "us-central1", "named-here")
    ended = bash_reads(str(file))
    assert ended.stdout == f"{PROJECT_ID}|us-central1|named-here|{names.control_bucket}|", ended.stderr


@pytest.mark.parametrize("kind", UNREADABLE)
def test_bash_and_python_refuse_the_same_file_in_one_sentence(kind: str, tmp_path: Path) -> None:
    content, sentence = UNREADABLE[kind]
    file = write(tmp_path, content)
    with pytest.raises(CommandFailed, match=sentence) as refused:
        read_names({}, file)
    ended = bash_reads(str(file))
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", f"error: {refused.value}\n")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="No such file or directory"):
        read_names({}, tmp_path / "nothing.env")
    assert bash_reads(str(tmp_path / "nothing.env")).stderr.count("\n") == 1


def test_a_file_is_looked_for_where_it_was_named(tmp_path: Path) -> None:
    write(tmp_path, READABLE["of Linux"])
    assert bash_reads("project.env", tmp_path).stdout.startswith(f"{PROJECT_ID}|")


def test_what_is_remembered_keeps_the_file_as_its_system_writes_it(tmp_path: Path) -> None:
    file = write(tmp_path, READABLE["of Windows"])
    remember(file, {"PROJECT_NUMBER": "123456789012"})
    assert file.read_bytes() == READABLE["of Windows"] + b"PROJECT_NUMBER=123456789012\r\n"


def test_what_is_remembered_replaces_the_line_behind_a_byte_order_mark(tmp_path: Path) -> None:
    file = write(tmp_path, READABLE["with a byte order mark"])
    remember(file, {"PROJECT_ID": "another"})
    assert read_env(file)["PROJECT_ID"] == "another"
    assert file.read_text(encoding="utf-8").count("PROJECT_ID=") == 1


def test_a_name_that_bash_could_take_for_its_own_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"Line 1 of project\.env is not NAME=value"):
        read_env(write(tmp_path, b"line=PROJECT_ID\n"))
