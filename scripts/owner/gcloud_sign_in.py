"""Google credentials of an owner who is signed in to gcloud and nowhere else.

google-auth has such a class, but it is deprecated, asks gcloud before every request, and takes gcloud's warnings for
a part of the token.
"""

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from google.auth.credentials import CredentialsWithQuotaProject
from google.auth.environment_vars import CREDENTIALS
from google.auth.transport import Request

from .console import CommandFailed

PRINT_TOKEN = ("gcloud", "auth", "print-access-token", "--quiet")
GCLOUD_SECONDS = 30
TOKEN_SECONDS = 30 * 60  # gcloud hands out tokens that live an hour; some of it may be over
SIGN_IN = "gcloud auth login"


class GcloudCredentials(CredentialsWithQuotaProject):
    """Asks gcloud for an access token, again when it gets old. It is in no argument, file or message."""

    def __init__(self, project_id: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        # Requests count as the project's: in the project of gcloud's own OAuth client most APIs are off.
        self._quota_project_id = project_id

    def refresh(self, request: Request) -> None:  # noqa: ARG002 - gcloud makes the request
        self.token = access_token()
        self.expiry = datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=TOKEN_SECONDS)  # as google-auth has it

    def with_quota_project(self, quota_project_id: str) -> "GcloudCredentials":
        return GcloudCredentials(quota_project_id)


def only_gcloud_is_signed_in() -> bool:
    """Whether there is gcloud, but no file of Application Default Credentials, which Google's clients find alone."""
    folder = Path(os.environ.get("CLOUDSDK_CONFIG") or Path.home() / ".config" / "gcloud")
    found = os.environ.get(CREDENTIALS) or (folder / "application_default_credentials.json").is_file()
    return not found and shutil.which("gcloud") is not None


def access_token() -> str:
    """Raises CommandFailed where gcloud is not signed in or does not answer."""
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
