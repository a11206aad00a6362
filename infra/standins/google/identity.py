"""Google's identity tokens, but for the key: one made at first use signs them, and its certificate is to be had.

https://cloud.google.com/docs/authentication/token-types#id
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt

CERTS_PATH = "/oauth2/v1/certs"
ISSUER = "https://accounts.google.com"
LIFETIME_SECONDS = 3600
KEY_ID = "stand-in"


@dataclass(frozen=True)
class IdentityTokens:
    """Signs tokens for service accounts and serves the certificate that they verify against."""

    subject: str = "100000000000000000001"

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def _signer(self) -> Any:
        pem = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        return crypt.RSASigner.from_string(pem, KEY_ID)  # type: ignore[no-untyped-call]

    @cached_property
    def certificate(self) -> str:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "federated-signon.system.gserviceaccount.com")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(name, name, self._key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=16))
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode()

    def token(self, email: str, audience: str, **changes: Any) -> str:
        """A token of the account `email` for `audience`; `changes` replace claims."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": audience,
            "azp": self.subject,
            "sub": self.subject,
            "email": email,
            "email_verified": True,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            **changes,
        }
        return str(jwt.encode(self._signer, claims).decode())  # type: ignore[no-untyped-call]

    async def serve_certificates(self, _request: web.Request) -> web.Response:
        headers = {"Cache-Control": "public, max-age=21600, must-revalidate, no-transform"}
        return web.json_response({KEY_ID: self.certificate}, headers=headers)
