"""What Python and Node are told of gcloud's way to the network."""

from pathlib import Path

import pytest
from common.gcloud_network import network_environment

CONFIGURATION = """\
[core]
account = owner@example.com
custom_ca_certs_file = /company/ca.pem

[proxy]
type = http
address = proxy.example
port = 3128
"""
TOLD = {
    "HTTPS_PROXY": "http://proxy.example:3128",
    "REQUESTS_CA_BUNDLE": "/company/ca.pem",
    "NODE_EXTRA_CA_CERTS": "/company/ca.pem",
}


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "configurations").mkdir()
    (tmp_path / "active_config").write_text("work")
    (tmp_path / "configurations" / "config_work").write_text(CONFIGURATION)
    return {"CLOUDSDK_CONFIG": str(tmp_path)}


def test_the_active_configurations_proxy_and_ca_are_told(environ: dict[str, str]) -> None:
    assert network_environment(environ) == TOLD


def test_what_the_environment_says_already_stays(environ: dict[str, str]) -> None:
    said = {"https_proxy": "http://other.example:1", "REQUESTS_CA_BUNDLE": "/other.pem"}
    assert network_environment({**environ, **said}) == {"NODE_EXTRA_CA_CERTS": "/company/ca.pem"}


def test_gclouds_own_variables_win_over_its_files(environ: dict[str, str]) -> None:
    said = {"CLOUDSDK_PROXY_PORT": "8080", "CLOUDSDK_PROXY_USERNAME": "ana", "CLOUDSDK_PROXY_PASSWORD": "p@ss"}
    assert network_environment({**environ, **said})["HTTPS_PROXY"] == "http://ana:p%40ss@proxy.example:8080"


@pytest.mark.parametrize("content", ["", "no section", "[proxy]\ntype = http\n"], ids=["empty", "broken", "half"])
def test_without_one_nothing_is_told(environ: dict[str, str], content: str) -> None:
    (Path(environ["CLOUDSDK_CONFIG"]) / "configurations" / "config_work").write_text(content)
    assert network_environment(environ) == {}
    assert network_environment({"CLOUDSDK_CONFIG": "/no/such/folder"}) == {}
