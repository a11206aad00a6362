"""infra/project.env: names, and no default for the one that must be chosen."""

import re
import subprocess

import pytest
from common.project_env import parse_env

from .infra_files import FUNCTIONS, INFRA, REWRITES, ROOT

PROJECT_ENV = parse_env(INFRA / "project.env")
# The form of the ids that Google makes up: two words, six digits, often a suffix.
GENERATED_PROJECT_ID = re.compile(r"\b[a-z]+-[a-z]+-\d{6}(-[a-z]\d)?\b")


def test_no_project_is_the_default() -> None:
    assert PROJECT_ENV["PROJECT_ID"] == ""


def test_the_region_is_the_one_that_hosting_looks_in() -> None:
    assert {rewrite["region"] for rewrite in REWRITES} == {PROJECT_ENV["REGION"]}


def test_what_a_function_is_told_is_not_said_here_too() -> None:
    told = set().union(*(flags["--set-env-vars"] for flags in FUNCTIONS.values()))
    assert told.isdisjoint(PROJECT_ENV)


@pytest.mark.parametrize("text", ["gentle-river-123456-a2", "gen-lang-123456"])
def test_a_generated_project_id_is_recognized(text: str) -> None:
    assert GENERATED_PROJECT_ID.search(f"--project={text} ")


def test_nobodys_project_id_is_in_the_repository() -> None:
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    texts = {
        name: (ROOT / name).read_text(errors="ignore")
        for name in files.split("\0")
        if name and (ROOT / name).is_file() and not name.startswith("tests/infra/test_project_env")
    }
    assert {name: found.group() for name, text in texts.items() if (found := GENERATED_PROJECT_ID.search(text))} == {}
