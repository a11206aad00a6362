"""Signed texts that only the server can make: invites, sessions.

v1.<key id>.<payload, base64url of JSON>.<HMAC-SHA256, hex>, the MAC over the purpose and everything before it. What is
compared is the text itself, so there is one spelling only. The keys are one secret, mounted as a file, a key a line:
`<key id> <64 hex digits>`. The first key signs, every one of them verifies: that is how a key is rotated without
signing anybody out (scripts/rotate-key.sh).
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from typing import Any

from voicemint.errors import SecretUnavailable

MAX_TEXT_BYTES = 1024

_KEY_LINE = re.compile(r"([a-z0-9]{1,16}) ([0-9a-f]{64})", re.ASCII)
_TEXT = re.compile(r"(v1\.([a-z0-9]{1,16})\.([A-Za-z0-9_-]+))\.([0-9a-f]{64})", re.ASCII)


class SigningKeys:
    """The keys of one version of the secret. Raises SecretUnavailable, without quoting what it found."""

    def __init__(self, content: str) -> None:
        lines = [_KEY_LINE.fullmatch(line) for line in content.splitlines()]
        keys = {line[1]: bytes.fromhex(line[2]) for line in lines if line}
        if not lines or len(keys) != len(lines):
            raise SecretUnavailable(
                "The signing key is not of the form '<key id> <64 hex digits>', one a line. "
                "scripts/rotate-key.sh signing makes a new one."
            )
        self._keys = keys
        self._newest = next(iter(keys))

    def __repr__(self) -> str:
        return f"SigningKeys({', '.join(self._keys)})"

    def sign(self, purpose: str, payload: dict[str, Any]) -> str:
        # Not escaped: a name of 60 emoji has to stay below MAX_TEXT_BYTES.
        encoded = base64.urlsafe_b64encode(json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode())
        signed = f"v1.{self._newest}.{encoded.decode().rstrip('=')}"
        return f"{signed}.{_mac(self._keys[self._newest], purpose, signed)}"

    def verify(self, purpose: str, text: str) -> dict[str, Any] | None:
        """The payload that we signed for `purpose`, or None. Whether it has expired is the caller's to ask."""
        match = _TEXT.fullmatch(text) if len(text) <= MAX_TEXT_BYTES else None
        if match is None:
            return None
        signed, key_id, payload, mac = match.groups()
        key = self._keys.get(key_id)
        if key is None or not hmac.compare_digest(_mac(key, purpose, signed), mac):
            return None
        return _decode(payload)


def _mac(key: bytes, purpose: str, signed: str) -> str:
    return hmac.new(key, f"{purpose}\0{signed}".encode(), hashlib.sha256).hexdigest()


def _decode(payload: str) -> dict[str, Any] | None:
    """What the MAC vouches for was written by us; a key that leaked is no reason to fall over."""
    try:
        value = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    return value if isinstance(value, dict) else None
