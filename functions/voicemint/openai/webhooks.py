"""Whether OpenAI sent this webhook: its signature over exactly the bytes that came, by Standard Webhooks.

Source: https://www.standardwebhooks.com; the HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.<body>`. The code is our
own, because several secrets have to be good while one is exchanged, because without a secret nothing is accepted, and
because any bytes that are not a signed webhook have to end in one error, InvalidSignature.
"""

import base64
import binascii
import hashlib
import hmac
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from voicemint.errors import InvalidSignature, SecretUnavailable

TOLERANCE_SECONDS = 300
MAX_SIGNATURES = 8
MAX_SECRETS = 4  # the one in use, and those that a rotation leaves for a while
MIN_KEY_BYTES = 16

_SECRET = re.compile(r"whsec_([A-Za-z0-9+/]{22,340}={0,2})", re.ASCII)
# Without a dot: with one, `a.1` at `2` would be signed by the same bytes as `a` at `1`.
_WEBHOOK_ID = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
# Signatures of versions that we do not know stand beside ours and are passed over.
_SIGNATURE = re.compile(r"[a-z0-9]{1,8},[A-Za-z0-9+/=_-]{1,128}", re.ASCII)

Header = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery that OpenAI signed. Deliveries of the same event share the id; the timestamp is the delivery's."""

    webhook_id: str
    timestamp: int


class WebhookSecrets:
    """The endpoint's signing secrets: `whsec_…`, one a line. Raises SecretUnavailable, which does not quote them."""

    def __init__(self, content: str) -> None:
        self._keys = [_key(line) for line in content.splitlines()]
        if not 1 <= len(self._keys) <= MAX_SECRETS:
            raise _no_secret()

    def __repr__(self) -> str:
        return f"WebhookSecrets({len(self._keys)})"

    def verify(self, header: Header, body: bytes, now: Callable[[], float] = time.time) -> Delivery:
        """The delivery that `header` looks up and `body` carries. Raises InvalidSignature, whatever is wrong."""
        delivery, signatures = claimed_delivery(header, now)
        if not self._is_signed(f"{delivery.webhook_id}.{delivery.timestamp}.".encode() + body, signatures):
            raise InvalidSignature
        return delivery

    def _is_signed(self, signed: bytes, signatures: list[str]) -> bool:
        """Each is compared with each, as text: base64 has other spellings of the same bytes."""
        expected = [f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}" for key in self._keys]
        found = [hmac.compare_digest(ours, theirs) for ours in expected for theirs in signatures]
        return any(found)


def claimed_delivery(header: Header, now: Callable[[], float] = time.time) -> tuple[Delivery, list[str]]:
    """What the headers say by themselves, with the signatures to be checked. Raises InvalidSignature.

    It costs nothing, so it is asked before the body is waited for: who sends no such headers holds no thread.
    """
    webhook_id = _matching(_WEBHOOK_ID, header("webhook-id"))
    timestamp = int(_matching(_TIMESTAMP, header("webhook-timestamp")))
    signatures = (header("webhook-signature") or "").split(" ", MAX_SIGNATURES)
    if len(signatures) > MAX_SIGNATURES or not all(map(_SIGNATURE.fullmatch, signatures)):
        raise InvalidSignature
    if abs(now() - timestamp) > TOLERANCE_SECONDS:
        raise InvalidSignature
    return Delivery(webhook_id, timestamp), signatures


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature` as OpenAI makes it: how an owner's command tries an endpoint."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()}"


def _matching(pattern: re.Pattern[str], value: str | None) -> str:
    if value is None or not pattern.fullmatch(value):
        raise InvalidSignature
    return value


def _key(line: str) -> bytes:
    match = _SECRET.fullmatch(line)
    try:
        key = base64.b64decode(match[1], validate=True) if match else b""
    except binascii.Error:
        key = b""
    if len(key) < MIN_KEY_BYTES:
        raise _no_secret()
    return key


def _no_secret() -> SecretUnavailable:
    return SecretUnavailable(
        f"The stored webhook secret is none: expected 1 to {MAX_SECRETS} lines of 'whsec_' and base64, and nothing "
        "else. scripts/phone.sh stores it."
    )
