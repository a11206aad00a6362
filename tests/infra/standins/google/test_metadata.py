"""The metadata server's stand-in, used through the real google-auth."""

import os
import subprocess
import sys
from collections.abc import Mapping

import google.auth.jwt
import pytest
import requests

from .conftest import PROJECT

FLAVOR = {"Metadata-Flavor": "Google"}
V1 = "/computeMetadata/v1/"


def in_a_fresh_process(metadata_url: str, program: str) -> str:
    """google-auth reads its environment at import, so each run gets its own interpreter."""
    address = metadata_url.removeprefix("http://")
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment: Mapping[str, str] = {
        **kept,
        "GCE_METADATA_HOST": address,
        "GCE_METADATA_IP": address,
        "CLOUDSDK_CONFIG": os.devnull,
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_default_credentials_work_without_an_account(metadata_url: str) -> None:
    program = (
        "import google.auth, google.auth.transport.requests as t\n"
        "credentials, project = google.auth.default(['https://www.googleapis.com/auth/cloud-platform'])\n"
        "credentials.refresh(t.Request())\n"
        "print(project, credentials.service_account_email, bool(credentials.token), credentials.universe_domain)"
    )
    email = f"local-run@{PROJECT}.iam.gserviceaccount.com"
    assert in_a_fresh_process(metadata_url, program) == f"{PROJECT} {email} True googleapis.com"


def test_an_identity_token_can_be_verified(metadata_url: str) -> None:
    program = (
        "import google.oauth2.id_token as i, google.auth.transport.requests as t\n"
        "print(i.fetch_id_token(t.Request(), 'https://watch-call.example'))"
    )
    token = in_a_fresh_process(metadata_url, program)
    certificates = requests.get(f"{metadata_url}/_standin/certs", timeout=5).json()
    claims = google.auth.jwt.decode(token, certs=certificates, audience="https://watch-call.example")  # type: ignore[no-untyped-call]
    assert claims["email"] == f"local-run@{PROJECT}.iam.gserviceaccount.com"
    assert claims["iss"] == "https://accounts.google.com"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("project/project-id", PROJECT),
        ("project/numeric-project-id", "100000000000"),
        ("instance/region", "projects/100000000000/regions/us-central1"),
        ("instance/zone", "projects/100000000000/zones/us-central1-1"),
        ("instance/service-accounts/default/email", f"local-run@{PROJECT}.iam.gserviceaccount.com"),
        ("instance/service-accounts/default/scopes", "https://www.googleapis.com/auth/cloud-platform\n"),
        ("universe/universe-domain", "googleapis.com"),
    ],
)
def test_an_instance_knows_itself(metadata_url: str, path: str, text: str) -> None:
    answer = requests.get(metadata_url + V1 + path, headers=FLAVOR, timeout=5)
    assert (answer.text, answer.headers["Metadata-Flavor"]) == (text, "Google")


@pytest.mark.parametrize(
    "headers",
    [{}, {"Metadata-Flavor": "other"}, {**FLAVOR, "X-Forwarded-For": "10.0.0.1"}],
    ids=["no flavor", "wrong flavor", "forwarded"],
)
def test_a_request_that_could_be_forged_is_refused(metadata_url: str, headers: dict[str, str]) -> None:
    path = f"{metadata_url}{V1}instance/service-accounts/default/token"
    answer = requests.get(path, headers=headers, timeout=5)
    assert answer.status_code == 403
    assert "access_token" not in answer.text


def test_an_identity_token_needs_an_audience(metadata_url: str) -> None:
    path = f"{metadata_url}{V1}instance/service-accounts/default/identity"
    assert requests.get(path, headers=FLAVOR, timeout=5).status_code == 400


def test_what_it_does_not_know_is_not_found(metadata_url: str) -> None:
    answer = requests.get(f"{metadata_url}{V1}instance/attributes/x", headers=FLAVOR, timeout=5)
    assert (answer.status_code, answer.headers["Metadata-Flavor"]) == (404, "Google")
