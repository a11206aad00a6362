"""Access by Firebase ID token: `Authorization: Bearer <ID token>` of an allowed address or domain.

Source: https://firebase.google.com/docs/auth/admin/verify-id-tokens (verify using a third-party library).
"""

import hashlib
import time

import flask

from voicemint.access.google_id_tokens import Claims, GoogleCertificates, bearer, verified_claims
from voicemint.access.person import Access, Person
from voicemint.errors import SettingsError, SignedOut
from voicemint.settings import Settings

CERTIFICATES_URL = "https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com"
MAX_SUBJECT_LENGTH = 128


def firebase_access(settings: Settings, certificates: GoogleCertificates | None = None) -> Access:
    """The check of mode `firebase`. Raises SettingsError where nobody could ever pass."""
    if not settings.project_id or not settings.firebase_allowed:
        raise SettingsError(
            "VOICEMINT_ACCESS=firebase needs PROJECT_ID and FIREBASE_ALLOWED, for example "
            "FIREBASE_ALLOWED=ana@example.com,@example.org (a domain begins with @)."
        )
    known = certificates or GoogleCertificates(CERTIFICATES_URL)

    def check(request: flask.Request) -> Person:
        claims = _verified(bearer(request), settings.project_id, known)
        return _person_of(claims, settings.firebase_allowed)

    return check


def _verified(token: str, project_id: str, certificates: GoogleCertificates) -> Claims:
    """The token's claims, after everything Firebase's documentation asks to be checked. Raises SignedOut."""
    issuer = f"https://securetoken.google.com/{project_id}"
    claims = verified_claims(token, audience=project_id, issuer=issuer, certificates=certificates)
    auth_time = claims.get("auth_time")
    if type(auth_time) is not int or auth_time > time.time():
        raise SignedOut
    return claims


def _person_of(claims: Claims, allowed: frozenset[str]) -> Person:
    """Raises SignedOut unless the address is verified and allowed. The token's own text is never an identity."""
    subject, email = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_LENGTH:
        raise SignedOut
    if not isinstance(email, str) or claims.get("email_verified") is not True:
        raise SignedOut
    address = email.lower()
    local, _, domain = address.rpartition("@")
    if not local or "@" in local or (address not in allowed and f"@{domain}" not in allowed):
        raise SignedOut
    return Person(hashlib.sha256(subject.encode()).hexdigest()[:24], address, int(claims["exp"]))
