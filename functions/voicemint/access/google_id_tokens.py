"""Tokens that Google signed: what they claim, once the signature, the times and the audience are right.

Google's certificates are fetched once and kept for as long as Google says: a token costs no fetch, whatever it is.
"""

import base64
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

from voicemint.cloud_logging import logger
from voicemint.errors import ControlUnavailable, GoogleUnavailable, SignedOut

FETCH_TIMEOUT = urllib3.Timeout(connect=2, read=3)
MIN_CACHE_SECONDS, MAX_CACHE_SECONDS = 5 * 60, 6 * 3600
UNKNOWN_KEY_SECONDS = 60  # a token that names an unknown key is looked up this often at most
STALE_SECONDS = 24 * 3600
MAX_TOKEN_BYTES = 4096

_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.([\w-]+)", re.ASCII)
_MAX_AGE = re.compile(r"max-age=(\d{1,9})", re.ASCII)

Certificates = Mapping[str, str]
Claims = Mapping[str, Any]


class GoogleCertificates:
    """Google's public certificates by key id. Safe to share between threads."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._pool = urllib3.PoolManager(retries=False)
        self._lock = threading.Lock()
        self._certificates: Certificates = {}
        self._fresh_until = self._fetched_at = self._tried_at = float("-inf")

    def having(self, key_id: str) -> Certificates:
        """The certificates, fetched again where they are old or lack `key_id`. Raises GoogleUnavailable."""
        with self._lock:
            now = self._clock()
            if now >= self._fresh_until or (key_id not in self._certificates):
                self._fetch_at_most_every_minute(now)
            if now - self._fetched_at > STALE_SECONDS:
                raise GoogleUnavailable
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


def bearer(request: flask.Request) -> str:
    """The token of the Authorization header, of one spelling and bounded. Raises SignedOut."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or len(token) > MAX_TOKEN_BYTES or not _has_one_spelling(token):
        raise SignedOut
    return token


def _has_one_spelling(token: str) -> bool:
    """Whether the signature is written as an encoder writes it: its last character has spare bits, which must be 0."""
    match = _TOKEN.fullmatch(token)
    if match is None or len(match[1]) % 4 == 1:
        return False
    decoded = base64.urlsafe_b64decode(match[1] + "==")
    return base64.urlsafe_b64encode(decoded).rstrip(b"=").decode() == match[1]


def verified_claims(token: str, *, audience: str, issuer: str, certificates: GoogleCertificates) -> Claims:
    """What Google vouches for, to `audience` and nobody else. Raises SignedOut or ControlUnavailable."""
    try:
        header = jwt.decode_header(token)  # type: ignore[no-untyped-call]
        key_id = header.get("kid")
        if header.get("alg") != "RS256" or not isinstance(key_id, str):
            raise SignedOut
        known = certificates.having(key_id)
        claims: Claims = jwt.decode(token, certs=known, audience=audience)  # type: ignore[no-untyped-call]
    except GoogleUnavailable:
        raise ControlUnavailable from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, exceptions.GoogleAuthError):
        raise SignedOut from None
    if claims.get("iss") != issuer or claims.get("aud") != audience:
        raise SignedOut
    return claims
