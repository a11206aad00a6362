"""infra/services.txt: every API that something in the tree needs, and why."""

import re

import pytest

from .infra_files import FUNCTIONS, IAM, INFRA, lines

TEXT = (INFRA / "services.txt").read_text()
SERVICES = lines(TEXT)


def test_each_is_an_api_and_stands_there_once_in_order() -> None:
    assert [name for name in SERVICES if not re.fullmatch(r"[a-z]+\.googleapis\.com", name)] == []
    assert sorted(set(SERVICES)) == SERVICES


def test_each_says_why() -> None:
    told = [line for line in TEXT.splitlines() if line and not line.startswith("#")]
    assert [line for line in told if not re.search(r"\s# \w", line)] == []


@pytest.mark.parametrize("api", sorted({binding.role.removeprefix("roles/").partition(".")[0] for binding in IAM}))
def test_a_role_is_of_an_api_that_is_on(api: str) -> None:
    assert f"{api}.googleapis.com" in SERVICES


# gcloud's own check before it deploys, and what the functions mount and write.
@pytest.mark.parametrize(
    "api", ["artifactregistry", "cloudbuild", "cloudfunctions", "run", "secretmanager", "storage", "firebasehosting"]
)
def test_what_a_deployment_needs_is_on(api: str) -> None:
    assert FUNCTIONS
    assert f"{api}.googleapis.com" in SERVICES
