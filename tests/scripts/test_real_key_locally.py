"""A key that somebody could spend money with stays out of a local run's stand-ins."""

import io
from pathlib import Path

import pytest
import requests
from common.console import CommandFailed
from owner.openai_key import key_in_use, read_key
from owner.project import local_project
from owner.rotate_key import main

from .conftest import OwnerCloud

OPENAI = "openai-api-key"


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("owner.rotate_key.read_key", lambda: read_key(io.StringIO(text)))


def asked_of_openai(cloud: OwnerCloud) -> list[str]:
    listed = requests.get(f"{cloud.openai_url}/_standin/requests", timeout=5).json()["requests"]
    return [request["path"] for request in listed]


@pytest.mark.parametrize(
    "real", ["sk-proj-0123456789abcdefghij", "sk-svcacct-0123456789abcdef", f"sk-{'a' * 20}T3BlbkFJ{'b' * 20}"]
)
def test_a_real_key_is_shown_to_no_stand_in(cloud: OwnerCloud, monkeypatch: pytest.MonkeyPatch, real: str) -> None:
    asked, before = asked_of_openai(cloud), cloud.versions(OPENAI)
    typed(monkeypatch, real)
    with pytest.raises(CommandFailed, match=r"nobody was shown the key. .*: OPENAI_API_KEY=… scripts/dev.sh"):
        main(["--folder", str(cloud.folder), "openai"])
    assert (asked_of_openai(cloud), cloud.versions(OPENAI)) == (asked, before)


@pytest.fixture
def run_with_a_key(cloud: OwnerCloud, tmp_path: Path) -> Path:
    """The folder of a local run that talks to OpenAI: nothing says that it does not."""
    key = tmp_path / "key"
    key.write_text("sk-proj-0123456789abcdefghij")
    told = {**cloud.environment, "OPENAI_API_KEY_FILE": str(key)}
    del told["OPENAI_BASE_URL"]
    (tmp_path / "local-run.env").write_text("".join(f"{name}={value}\n" for name, value in told.items()))
    return tmp_path


def test_a_run_that_talks_to_openai_says_how_it_gets_another_key(
    run_with_a_key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "")  # nobody is asked for a key
    with pytest.raises(CommandFailed, match=r"no stand-in keeps.*Ctrl-C.*: OPENAI_API_KEY=… scripts/dev.sh"):
        main(["--folder", str(run_with_a_key), "openai"])


def test_the_commands_of_such_a_run_use_the_key_that_it_was_started_with(run_with_a_key: Path) -> None:
    assert key_in_use(local_project(run_with_a_key)).reveal() == "sk-proj-0123456789abcdefghij"
