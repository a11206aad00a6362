"""The owner's commands and a secret that is somebody else's."""

from types import SimpleNamespace
from typing import Any

import pytest
from common.console import CommandFailed
from google.auth.credentials import AnonymousCredentials
from google.cloud.secretmanager import SecretManagerServiceClient
from owner.secret_versions import Versions
from standins.google import secret_manager as google_secret_manager
from standins.google.secret_manager.secrets import Secrets
from standins.serving import ServerThread

PROJECT_ID = "some-project"


def owner_of(servers: ServerThread, secrets: Secrets) -> Any:
    url = servers.serve(google_secret_manager.create_app_of(lambda _: secrets))
    client = SecretManagerServiceClient(
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        transport="rest",
        client_options={"api_endpoint": url},
    )
    return SimpleNamespace(secret_manager=client, settings=SimpleNamespace(project_id=PROJECT_ID))


@pytest.mark.parametrize("labels", [{}, {"managed-by": "terraform"}, {"team": "search"}])
def test_a_secret_without_our_label_gets_no_version_and_loses_none(
    servers: ServerThread, labels: dict[str, str]
) -> None:
    secrets = Secrets(PROJECT_ID, "123456789012")
    theirs = secrets.create("openai-api-key", {"replication": {"automatic": {}}, "labels": labels})
    theirs.add_version(b"theirs", None)
    with pytest.raises(CommandFailed, match="--adopt secret/openai-api-key"):
        Versions(owner_of(servers, secrets), "openai-api-key").add("ours")
    assert [version.access() for version in theirs.versions] == [b"theirs"]


def test_a_secret_of_ours_gets_one(servers: ServerThread) -> None:
    secrets = Secrets(PROJECT_ID, "123456789012")
    ours = secrets.create("signing-key", dict(google_secret_manager.AS_A_BOOTSTRAP_MAKES_IT))
    assert Versions(owner_of(servers, secrets), "signing-key").add("k1 value") == 1
    assert ours.versions[-1].access() == b"k1 value"
