"""Access by Firebase ID token: `Authorization: Bearer <ID token>` of an allowed address or domain.

google-auth's own verify_firebase_token fetches Google's certificates for every token, junk included (measured:
4 junk strings, 4 fetches). Here they are fetched once and kept for as long as Google says.
Source: https://firebase.google.com/docs/auth/admin/verify-id-tokens (verify using a third-party library).
"""

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import flask
import urllib3
from google.auth import exceptions, jwt
from urllib3.exceptions import HTTPError

from voicemint.access import Access, Person
from voicemint.cloud_logging import logger
from voicemint.errors import ControlUnavailable, SettingsError, SignedOut
from voicemint.settings import Settings

CERTIFICATES_URL = "https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com"
FETCH_TIMEOUT = urllib3.Timeout(connect=2, read=3)
MIN_CACHE_SECONDS, MAX_CACHE_SECONDS = 5 * 60, 6 * 3600
UNKNOWN_KEY_SECONDS = 60  # a token that names an unknown key is looked up this often at most
STALE_SECONDS = 24 * 3600
MAX_TOKEN_BYTES = 4096
MAX_SUBJECT_LENGTH = 128

_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.([\w-]+)", re.ASCII)
_MAX_AGE = re.compile(r"max-age=(\d{1,9})", re.ASCII)

Certificates = Mapping[str, str]


class GoogleCertificates:
    """Google's public certificates by key id. Safe to share between threads."""

    def __init__(self, url: str = CERTIFICATES_URL, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._pool = urllib3.PoolManager(retries=False)
        self._lock = threading.Lock()
        self._certificates: Certificates = {}
        self._fresh_until = self._fetched_at = self._tried_at = float("-inf")

    def having(self, key_id: str) -> Certificates:
        """The certificates, fetched again where they are old or lack `key_id`. Raises ControlUnavailable."""
        with self._lock:
            now = self._clock()
            if now >= self._fresh_until or (key_id not in self._certificates):
                self._fetch_at_most_every_minute(now)
            if now - self._fetched_at > STALE_SECONDS:
                raise ControlUnavailable
            return self._certificates

    def _fetch_at_most_every_minute(self, now: float) -> None:
        if now - self._tried_at < UNKNOWN_KEY_SECONDS:
            return
        self._tried_at = now
        try:
            answer = self._pool.request("GET", self._url, timeout=FETCH_TIMEOUT, redirect=False)
            certificates = json.loads(answer.data) if answer.status == 200 else None
        except (HTTPError, ValueError) as error:
            logger.warning("Google's certificates cannot be fetched", exc_info=error)
            return
        if isinstance(certificates, dict) and certificates:
            self._certificates = certificates
            self._fetched_at = now
            self._fresh_until = now + _cache_seconds(answer.headers.get("Cache-Control", ""))


def _cache_seconds(cache_control: str) -> int:
    max_age = _MAX_AGE.search(cache_control)
    return min(max(int(max_age[1]) if max_age else 0, MIN_CACHE_SECONDS), MAX_CACHE_SECONDS)


def firebase_access(settings: Settings, certificates: GoogleCertificates | None = None) -> Access:
    """The check of mode `firebase`. Raises SettingsError where nobody could ever pass."""
    if not settings.project_id or not settings.firebase_allowed:
        raise SettingsError(
            "VOICEMINT_ACCESS=firebase needs PROJECT_ID and FIREBASE_ALLOWED, for example "
            "FIREBASE_ALLOWED=ana@example.com,@example.org (a domain begins with @)."
        )
    known = certificates or GoogleCertificates()

    def check(request: flask.Request) -> Person:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or len(token) > MAX_TOKEN_BYTES or not _has_one_spelling(token):
            raise SignedOut
        return _person_of(_verified(token, settings.project_id, known), settings.firebase_allowed)

    return check


def _has_one_spelling(token: str) -> bool:
    """A signature's last character has spare bits, which google-auth ignores: 16 spellings of one token."""
    match = _TOKEN.fullmatch(token)
    if match is None or len(match[1]) % 4 == 1:
        return False
    decoded = base64.urlsafe_b64decode(match[1] + "==")
    return base64.urlsafe_b64encode(decoded).rstrip(b"=").decode() == match[1]


def _verified(token: str, project_id: str, certificates: GoogleCertificates) -> Mapping[str, Any]:
    """The token's claims, after everything Firebase's documentation asks to be checked. Raises SignedOut."""
    try:
        header = jwt.decode_header(token)  # type: ignore[no-untyped-call]
        key_id = header.get("kid")
        if header.get("alg") != "RS256" or not isinstance(key_id, str):
            raise SignedOut
        known = certificates.having(key_id)
        claims: Mapping[str, Any] = jwt.decode(token, certs=known, audience=project_id)  # type: ignore[no-untyped-call]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, exceptions.GoogleAuthError):
        raise SignedOut from None
    if claims.get("iss") != f"https://securetoken.google.com/{project_id}" or claims.get("aud") != project_id:
        raise SignedOut
    auth_time = claims.get("auth_time")
    if type(auth_time) is not int or auth_time > time.time():
        raise SignedOut
    return claims


def _person_of(claims: Mapping[str, Any], allowed: frozenset[str]) -> Person:
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
