"""What scripts/rotate-key.sh asks a site before it takes a key away, where the server opens the calls."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from common.console import CommandFailed
from owner.site_check import check_calls
from standins.local.site import Site
from standins.serving import ServerThread
from voicemint.agents.agent import UNIFIED
from voicemint.secrets.signing import SigningKeys

from .local_sites import local_site


@pytest.fixture(scope="module")
def site(servers: ServerThread, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return local_site(servers, tmp_path_factory.mktemp("unified"), UNIFIED)


@pytest.fixture
def openai(site: Site) -> Iterator[requests.Session]:
    """Asks the site's OpenAI, whose faults are gone at the end."""
    session = requests.Session()
    session.headers.update(site.authorization)
    yield session
    session.delete(f"{site.openai_url}/_standin/faults", timeout=10).raise_for_status()


def keys_of(site: Site) -> SigningKeys:
    return SigningKeys(Path(site.cloud["SIGNING_KEY_FILE"]).read_text())


def test_a_call_is_opened_and_hung_up(site: Site, openai: requests.Session) -> None:
    assert check_calls(site.url, keys_of(site), epoch=0)
    calls = openai.get(f"{site.openai_url}/_standin/calls", timeout=10).json()["calls"]
    assert [(call["setup"], call["state"]) for call in calls] == [("unified", "hung up")]


def test_a_key_that_opens_no_call_is_told(site: Site, openai: requests.Session) -> None:
    fault = {"path": "calls", "fault": "invalid_api_key", "times": None}
    openai.post(f"{site.openai_url}/_standin/faults", json=fault, timeout=10).raise_for_status()
    with pytest.raises(CommandFailed, match=r"\(upstream_key_rejected: .* what worked before still does"):
        check_calls(site.url, keys_of(site), epoch=0)


def test_who_is_not_signed_in_by_these_keys_is_told_after_a_while(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("owner.site_check.PATIENCE_SECONDS", 0)
    with pytest.raises(CommandFailed, match=r"\(signed_out: "):
        check_calls(site.url, SigningKeys("k1 " + "0" * 64), epoch=0)
