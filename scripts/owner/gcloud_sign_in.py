"""The owner's Google credentials: those by which gcloud acts.

google-auth has such a class, but it is deprecated, asks gcloud before every request, and takes gcloud's warnings for
a part of the token.
"""

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import google.auth
from common.console import CommandFailed, say
from google.auth.credentials import Credentials, CredentialsWithQuotaProject
from google.auth.exceptions import GoogleAuthError
from google.auth.transport import Request

from . import default_credentials
from .default_credentials import Flaw

PRINT_TOKEN = ("gcloud", "auth", "print-access-token", "--quiet")
GCLOUD_SECONDS = 30
TOKEN_SECONDS = 30 * 60  # gcloud hands out tokens that live an hour; some of it may be over
SIGN_IN = "gcloud auth login"
SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


class GcloudCredentials(CredentialsWithQuotaProject):
    """Asks gcloud for an access token, again when it gets old. It is in no argument, file or message."""

    def __init__(self, project_id: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        # Requests count as the project's: in the project of gcloud's own OAuth client most APIs are off.
        self._quota_project_id = project_id

    def refresh(self, request: Request) -> None:  # noqa: ARG002 - gcloud makes the request
        self.renew()

    def renew(self) -> None:
        """Raises CommandFailed."""
        self.token = access_token()
        self.expiry = datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=TOKEN_SECONDS)  # as google-auth has it

    def with_quota_project(self, quota_project_id: str) -> "GcloudCredentials":
        return GcloudCredentials(quota_project_id)


def owner_credentials(project_id: str) -> Credentials:
    """gcloud's own sign-in, as all that starts gcloud acts by; Application Default Credentials only without one.

    Raises CommandFailed. What is wrong with Application Default Credentials that are not used is said.
    """
    flaw = default_credentials.flaw(os.environ, project_id)
    credentials = GcloudCredentials(project_id)
    try:
        credentials.renew()
    except CommandFailed as refused:
        return _default_credentials(project_id, refused, flaw)
    if flaw:
        say(f"Note: {flaw.what}. They are not used: gcloud's own sign-in is. To mend them: {flaw.fix}")
    return credentials


def _default_credentials(project_id: str, refused: CommandFailed, flaw: Flaw | None) -> Credentials:
    """Requests count as the project's, whatever the file says. Raises `refused` where there are none either."""
    try:
        found, _ = google.auth.default(scopes=SCOPES, quota_project_id=project_id)
    except GoogleAuthError:
        if flaw:
            say(f"Note: {flaw.what}. To mend that: {flaw.fix}")
        raise refused from None
    say("gcloud is not signed in: Application Default Credentials are used")
    return found


def access_token() -> str:
    """Raises CommandFailed where gcloud is not there, is not signed in or does not answer."""
    if shutil.which("gcloud") is None:
        raise CommandFailed(
            happened="gcloud was not found on PATH", todo="Install it: https://cloud.google.com/sdk/docs/install"
        )
    try:
        ended = subprocess.run(
            PRINT_TOKEN, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=GCLOUD_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        happened = f"gcloud did not answer within {GCLOUD_SECONDS} s"
        raise CommandFailed(happened=happened, todo="Is the network there?") from None
    if ended.returncode or not (token := ended.stdout.strip()):
        happened = f"gcloud is not signed in ({_first_line(ended.stderr)})"
        raise CommandFailed(happened=happened, todo=f"Sign in: {SIGN_IN}")
    return token


def _first_line(text: str) -> str:
    lines = [line.strip().rstrip(".") for line in text.splitlines() if line.strip()]
    return lines[0].partition(") ")[2] or lines[0] if lines else "it gave no reason"
