"""The owner's commands with gcloud's sign-in alone: no Application Default Credentials on this machine."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from google.auth import _helpers
from google.auth.transport.requests import Request
from owner.console import CommandFailed
from owner.gcloud_sign_in import GcloudCredentials, only_gcloud_is_signed_in

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


def test_application_default_credentials_win(gcloud: Callable[[str], Path], tmp_path: Path) -> None:
    gcloud("")
    assert only_gcloud_is_signed_in()
    (tmp_path / "configuration").mkdir()
    (tmp_path / "configuration" / "application_default_credentials.json").write_text("{}")
    assert not only_gcloud_is_signed_in()


def test_without_gcloud_googles_clients_look_for_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    assert not only_gcloud_is_signed_in()
