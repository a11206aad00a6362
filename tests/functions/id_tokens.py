"""Firebase ID tokens as Google signs them, with keys and a certificate server of our own."""

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt

PROJECT_ID = "test-project"
ALLOWED = "ana@example.com,@example.org"


@dataclass
class SigningKey:
    """An RSA key with a certificate, named `key_id`."""

    key_id: str

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def signer(self) -> crypt.RSASigner:
        pem = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        return crypt.RSASigner.from_string(pem, self.key_id)

    @cached_property
    def certificate(self) -> str:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "securetoken.system.gserviceaccount.com")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(name, name, self._key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=16))
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode()


@dataclass
class Issuer:
    """Google's side: signs ID tokens and serves the certificates; a test changes what it answers."""

    keys: list[SigningKey] = field(default_factory=lambda: [SigningKey("key-1")])
    status: int = 200
    cache_control: str = "public, max-age=21600, must-revalidate, no-transform"
    body: str | None = None
    fetches: int = 0

    def create_app(self) -> web.Application:
        async def certificates(_request: web.Request) -> web.Response:
            self.fetches += 1
            known = {key.key_id: key.certificate for key in self.keys}
            text = json.dumps(known) if self.body is None else self.body
            headers = {"Cache-Control": self.cache_control}
            return web.Response(status=self.status, text=text, content_type="application/json", headers=headers)

        app = web.Application()
        app.router.add_get("/certificates", certificates)
        return app

    def token(self, *, key: SigningKey | None = None, header: Mapping[str, Any] | None = None, **changes: Any) -> str:
        """An ID token of an allowed person, with `changes` to its claims and `header`; what is None is left out."""
        key = key or self.keys[0]
        all_headers = {"alg": "RS256", "kid": key.key_id, "typ": "JWT", **(header or {})}
        signed = f"{_encode_present(all_headers)}.{_encode_present({**claims(), **changes})}"
        return f"{signed}.{encode_segment(key.signer.sign(signed))}"


def claims() -> dict[str, Any]:
    """What Firebase says of somebody who signed in with Google ten minutes ago."""
    now = int(time.time())
    return {
        "iss": f"https://securetoken.google.com/{PROJECT_ID}",
        "aud": PROJECT_ID,
        "auth_time": now - 600,
        "iat": now - 600,
        "exp": now + 3000,
        "sub": "uid-of-ana",
        "user_id": "uid-of-ana",
        "email": "ana@example.com",
        "email_verified": True,
        "firebase": {"sign_in_provider": "google.com"},
    }


def _encode_present(values: Mapping[str, Any]) -> str:
    return encode_segment({name: value for name, value in values.items() if value is not None})


def encode_segment(value: object) -> str:
    """One part of a JWT."""
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
