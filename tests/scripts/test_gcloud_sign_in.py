"""How the owner's commands are signed in: as gcloud is, and only without that by Application Default Credentials."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from common.console import CommandFailed
from google.auth import _helpers
from google.auth.credentials import Credentials
from google.auth.transport.requests import Request
from owner.gcloud_sign_in import GcloudCredentials, owner_credentials

TOKEN = "ya29.planted-token"


@pytest.fixture
def gcloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A program of that name: it does what the script says and notes each time that it was started."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "configuration"))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)

    def install(script: str) -> Path:
        started = tmp_path / "started"
        program = tmp_path / "gcloud"
        program.write_text(f"#!/bin/sh\necho \"$@\" >>'{started}'\n{script}\n")
        program.chmod(0o755)
        return started

    return install


def test_a_token_is_gclouds_and_is_asked_for_again_when_it_gets_old(gcloud: Callable[[str], Path]) -> None:
    started = gcloud(f"echo 'WARNING: an update is there' >&2; echo {TOKEN}")
    credentials = GcloudCredentials("some-project")
    for _ in range(3):
        headers: dict[str, str] = {}
        credentials.before_request(Request(), "GET", "https://storage.googleapis.com", headers)
        assert headers["authorization"] == f"Bearer {TOKEN}"
        assert headers["x-goog-user-project"] == "some-project"
    assert started.read_text() == "auth print-access-token --quiet\n"
    credentials.expiry = _helpers.utcnow() - timedelta(seconds=1)
    credentials.before_request(Request(), "GET", "https://storage.googleapis.com", {})
    assert len(started.read_text().splitlines()) == 2


def test_the_token_is_not_in_its_words(gcloud: Callable[[str], Path]) -> None:
    gcloud(f"echo {TOKEN}; exit 1")
    credentials = GcloudCredentials("some-project")
    with pytest.raises(CommandFailed) as failed:
        credentials.refresh(Request())
    assert TOKEN not in str(failed.value) + repr(credentials)


def test_who_is_not_signed_in_is_told_how(gcloud: Callable[[str], Path]) -> None:
    gcloud("echo 'ERROR: (gcloud.auth.print-access-token) You do not have an account.' >&2; exit 1")
    with pytest.raises(
        CommandFailed, match=r"gcloud is not signed in \(You do not have an account\)\. Sign in: gcloud auth login"
    ):
        GcloudCredentials("some-project").refresh(Request())


def test_gclouds_own_sign_in_wins_over_application_default_credentials(gcloud: Callable[[str], Path]) -> None:
    """A file of them may be left from other work: another account's, or another project's."""
    gcloud(f"echo {TOKEN}")
    write_default_credentials()
    assert headers_of(owner_credentials("some-project")) == {
        "authorization": f"Bearer {TOKEN}",
        "x-goog-user-project": "some-project",
    }


FLAWS: dict[str, tuple[str, str]] = {
    "no-such-file": ("GOOGLE_APPLICATION_CREDENTIALS names no-such-file, which is not there", "unset GOOGLE_APP"),
    "{": ("cannot be read", "gcloud auth application-default login"),
    '["no object"]': ("cannot be read", "gcloud auth application-default login"),
    '{"type": "authorized_user", "quota_project_id": "another"}': (
        "count as the project another's",
        "gcloud auth application-default set-quota-project some-project",
    ),
}


@pytest.mark.parametrize("content", FLAWS)
def test_what_is_wrong_with_those_that_are_not_used_is_said(
    gcloud: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str,
) -> None:
    gcloud(f"echo {TOKEN}")
    if content == "no-such-file":
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", content)
    else:
        write_default_credentials(content)
    owner_credentials("some-project")
    told = capsys.readouterr().err
    for words in (*FLAWS[content], "gcloud's own sign-in is"):
        assert words in told


SIGNED_OUT = "echo 'ERROR: (gcloud.auth.print-access-token) You do not have an account.' >&2; exit 1"


def test_without_a_sign_in_of_gclouds_they_are_used_and_count_as_the_projects(gcloud: Callable[[str], Path]) -> None:
    gcloud(SIGNED_OUT)
    write_default_credentials()
    credentials = owner_credentials("some-project")
    assert (credentials.refresh_token, credentials.quota_project_id) == ("planted", "some-project")


def test_with_neither_it_says_how_to_sign_in_and_what_else_is_wrong(
    gcloud: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gcloud(SIGNED_OUT)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "no-such-file")
    with pytest.raises(CommandFailed, match="Sign in: gcloud auth login"):
        owner_credentials("some-project")
    assert "To mend that: unset GOOGLE_APPLICATION_CREDENTIALS" in capsys.readouterr().err


USER = {"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "planted"}


def write_default_credentials(content: str = json.dumps({**USER, "quota_project_id": "another"})) -> None:
    folder = Path(os.environ["CLOUDSDK_CONFIG"])
    folder.mkdir()
    (folder / "application_default_credentials.json").write_text(content)


def headers_of(credentials: Credentials) -> dict[str, str]:
    headers: dict[str, str] = {}
    credentials.before_request(Request(), "GET", "https://storage.googleapis.com", headers)
    return headers
