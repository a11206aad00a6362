"""API keys and client secrets: who may do what, and for how long."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field, TypeAdapter

from standins.openai.errors import ApiError, invalid_api_key
from standins.openai.ids import new_id
from standins.openai.session_config import SessionConfig, parse_session
from standins.openai.validation import Strict, parse
from standins.values import Json

API_KEY = re.compile(r"sk-[\w-]{20,}")
SUBPROTOCOL_KEY_PREFIX = "openai-insecure-api-key."
DEFAULT_TTL_SECONDS = 600


class ExpiresAfter(Strict):
    anchor: Literal["created_at"] = "created_at"
    seconds: Annotated[int, Field(ge=10, le=7200)] = DEFAULT_TTL_SECONDS


class MintRequest(Strict):
    expires_after: ExpiresAfter = ExpiresAfter()
    session: dict[str, Any] = Field(default_factory=lambda: {"type": "realtime"})


_MINT_REQUEST: TypeAdapter[MintRequest] = TypeAdapter(MintRequest)


@dataclass(frozen=True)
class ClientSecret:
    value: str
    expires_at: int
    config: SessionConfig


class ClientSecrets:
    """The client secrets minted so far; one starts any number of sessions until it expires."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._by_value: dict[str, ClientSecret] = {}

    def mint(self, body: Any) -> Json:
        """Return the JSON answer of `POST /v1/realtime/client_secrets`."""
        request = parse(_MINT_REQUEST, body)
        config = parse_session(request.session)
        self._forget_expired()
        expires_at = int(self._clock()) + request.expires_after.seconds
        secret = ClientSecret(new_id("ek"), expires_at, config)
        self._by_value[secret.value] = secret
        names = {"object": "realtime.session", "id": new_id("sess"), "expires_at": 0}
        return {"value": secret.value, "expires_at": expires_at, "session": {**config.echo(), **names}}

    def redeem(self, value: str) -> ClientSecret:
        """Return a live client secret; raises a 401 when it is unknown or has expired."""
        secret = self._by_value.get(value)
        if secret is None:
            raise invalid_api_key()
        if self._clock() >= secret.expires_at:
            raise ApiError("invalid_api_key", "The client secret has expired.", status=401)
        return secret

    def _forget_expired(self) -> None:
        now = self._clock()
        self._by_value = {value: secret for value, secret in self._by_value.items() if now < secret.expires_at}


def bearer(request: web.Request) -> str:
    """Return the credential of the Authorization header, or of the WebSocket subprotocols; raises a 401."""
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Bearer" and credential:
        return credential
    for protocol in request.headers.get("Sec-WebSocket-Protocol", "").split(","):
        if protocol.strip().startswith(SUBPROTOCOL_KEY_PREFIX):
            return protocol.strip().removeprefix(SUBPROTOCOL_KEY_PREFIX)
    message = "Missing bearer authentication: provide an API key in the Authorization header."
    raise ApiError("invalid_api_key", message, status=401)


def is_client_secret(credential: str) -> bool:
    return credential.startswith("ek_")


def require_api_key(request: web.Request) -> None:
    """Raise a 401 unless the request carries something that looks like an API key."""
    if not API_KEY.fullmatch(bearer(request)):
        raise invalid_api_key()
