"""Who may call watch_call: Cloud Tasks, as the one account that is made for it. IAM asks first; we ask again.

Cloud Run hands a token that IAM has accepted on to the container without its signature. Then the claims are all that
can be asked here, and the task's own signature (calls/tasks.py) is what nobody else can make.
Source: https://cloud.google.com/tasks/docs/creating-http-target-tasks#token, and the troubleshooting page of Cloud Run.
"""

import time

import flask
from google.auth import exceptions, jwt

from voicemint.access.google_id_tokens import Claims, GoogleCertificates, bearer, verified_claims
from voicemint.access.person import Access, Person
from voicemint.errors import SettingsError, SignedOut
from voicemint.settings import Settings

ISSUER = "https://accounts.google.com"
REMOVED_SIGNATURE = ".SIGNATURE_REMOVED_BY_GOOGLE"


def task_access(settings: Settings) -> Access:
    """The check of a private function. Raises SettingsError where no token could be right."""
    if not settings.project_id:
        raise SettingsError("PROJECT_ID is not set: the project whose account calls this function.")
    certificates = GoogleCertificates(settings.google_certs_url)

    def check(request: flask.Request) -> Person:
        claims = _claims(request, settings, certificates)
        if claims.get("email") != settings.task_account or claims.get("email_verified") is not True:
            raise SignedOut
        return Person(person_id="call-tasks", name="Cloud Tasks")

    return check


def _claims(request: flask.Request, settings: Settings, certificates: GoogleCertificates) -> Claims:
    token = bearer(request)
    if settings.on_cloud_run and token.endswith(REMOVED_SIGNATURE):
        return _claims_that_iam_verified(token, settings.watch_call_url)
    return verified_claims(token, audience=settings.watch_call_url, issuer=ISSUER, certificates=certificates)


def _claims_that_iam_verified(token: str, audience: str) -> Claims:
    try:
        claims: Claims = jwt.decode(token, verify=False)  # type: ignore[no-untyped-call]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, exceptions.GoogleAuthError):
        raise SignedOut from None
    expires_at = claims.get("exp")
    if claims.get("iss") != ISSUER or claims.get("aud") != audience:
        raise SignedOut
    if type(expires_at) is not int or expires_at <= time.time():
        raise SignedOut
    return claims
