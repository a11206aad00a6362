"""The HTTP side of the Realtime API: client secrets, calls and their control, models."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import BodyPartReader, web
from pydantic import Field, TypeAdapter

from standins.openai.calls import Calls, check_sip_config
from standins.openai.credentials import ClientSecrets, bearer, is_client_secret, require_api_key
from standins.openai.errors import ApiError, beta_shape_disabled
from standins.openai.models import model_list
from standins.openai.request_log import note
from standins.openai.session_config import SessionConfig, parse_session
from standins.openai.validation import Strict, parse
from standins.openai.websocket import WebSockets, is_beta

CALLS_PATH = "/v1/realtime/calls"
CLIENT_SECRETS_PATH = "/v1/realtime/client_secrets"
CORS_PATHS = (CALLS_PATH, CLIENT_SECRETS_PATH)
SDP = "application/sdp"
DECLINE = 603


class RejectRequest(Strict):
    status_code: int = Field(default=DECLINE, ge=400, le=699)


class ReferRequest(Strict):
    target_uri: str = Field(pattern=r"^(tel|sips?):\S+$", max_length=512)


_REJECT: TypeAdapter[RejectRequest] = TypeAdapter(RejectRequest)
_REFER: TypeAdapter[ReferRequest] = TypeAdapter(ReferRequest)


class HttpApi:
    """Handlers; each checks its credential first."""

    def __init__(
        self, secrets: ClientSecrets, calls: Calls, sockets: WebSockets, shutdown_dates: Mapping[str, str | None]
    ) -> None:
        self._secrets = secrets
        self._calls = calls
        self._sockets = sockets
        self._shutdown_dates = shutdown_dates

    def routes(self) -> list[web.RouteDef]:
        control = f"{CALLS_PATH}/{{call_id}}"
        return [
            web.post(CLIENT_SECRETS_PATH, self.mint_client_secret),
            web.post(CALLS_PATH, self.create_call),
            web.post(f"{control}/accept", self.accept),
            web.post(f"{control}/reject", self.reject),
            web.post(f"{control}/refer", self.refer),
            web.post(f"{control}/hangup", self.hang_up),
            web.get("/v1/models", self.list_models),
            web.get("/v1/realtime", self._sockets.connect),
            web.post("/v1/realtime", refuse_beta),
            web.post("/v1/realtime/sessions", refuse_beta),
            web.post("/v1/realtime/transcription_sessions", refuse_beta),
            *(web.options(path, answer_preflight) for path in CORS_PATHS),
        ]

    async def mint_client_secret(self, request: web.Request) -> web.Response:
        _authorize(request)
        body = await _json(request)
        note(request, session_config=body.get("session"), expires_after=body.get("expires_after"))
        return web.json_response(self._secrets.mint(body))

    async def create_call(self, request: web.Request) -> web.Response:
        """Answer an SDP offer: raw with a client secret, or multipart with the API key and a session config."""
        if is_beta(request):
            raise beta_shape_disabled()
        credential = bearer(request)
        if is_client_secret(credential):
            config, setup = self._secrets.redeem(credential).config, "client_secret"
            offer = await _sdp(request)
        else:
            require_api_key(request)
            (offer, config), setup = await _offer_and_config(request), "unified"
        call_id, answer = await self._calls.open_webrtc(config, offer, setup)
        headers = {"Location": f"{CALLS_PATH}/{call_id}", "Content-Type": SDP}
        return web.Response(status=201, body=answer.encode(), headers=headers)

    async def accept(self, request: web.Request) -> web.Response:
        _authorize(request)
        self._calls.find(request.match_info["call_id"])
        session = await _json(request)
        note(request, session_config=session)
        config = parse_session(session, at="")
        check_sip_config(session)
        self._calls.accept(request.match_info["call_id"], config)
        return web.Response()

    async def reject(self, request: web.Request) -> web.Response:
        _authorize(request)
        body = parse(_REJECT, await _json(request))
        await self._calls.reject(request.match_info["call_id"], body.status_code)
        return web.Response()

    async def refer(self, request: web.Request) -> web.Response:
        _authorize(request)
        body = parse(_REFER, await _json(request))
        await self._calls.refer(request.match_info["call_id"], body.target_uri)
        return web.Response()

    async def hang_up(self, request: web.Request) -> web.Response:
        _authorize(request)
        await self._calls.hang_up(request.match_info["call_id"])
        return web.Response()

    async def list_models(self, request: web.Request) -> web.Response:
        _authorize(request)
        return web.json_response(model_list(self._shutdown_dates))


async def refuse_beta(_request: web.Request) -> web.Response:
    """Endpoints that ended on 2026-05-12."""
    raise beta_shape_disabled()


async def answer_preflight(_request: web.Request) -> web.Response:
    return web.Response(status=204)


def _authorize(request: web.Request) -> None:
    require_api_key(request)
    if is_beta(request):
        raise beta_shape_disabled()


async def _json(request: web.Request) -> dict[str, Any]:
    """Read a JSON object; no body at all means an empty one."""
    return _json_object(await request.text())


def _json_object(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text or "{}")
    except (ValueError, RecursionError):
        raise ApiError("invalid_json", "The body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise ApiError("invalid_value", "Expected the body to be a JSON object.")
    return body


async def _sdp(request: web.Request) -> str:
    if request.content_type != SDP:
        raise ApiError("unsupported_content_type", f"Expected Content-Type: {SDP}.")
    return await request.text()


async def _offer_and_config(request: web.Request) -> tuple[str, SessionConfig]:
    """The unified interface: parts `sdp` and `session`, or a raw offer for a session with default config."""
    if request.content_type == SDP:
        return await request.text(), parse_session({"type": "realtime"})
    if request.content_type != "multipart/form-data":
        raise ApiError("unsupported_content_type", f"Expected multipart/form-data or {SDP}.")
    parts = await _parts(request)
    if "sdp" not in parts:
        raise ApiError("missing_required_parameter", "Missing required parameter: 'sdp'.", param="sdp")
    session = _json_object(parts["session"]) if "session" in parts else {"type": "realtime"}
    note(request, session_config=session)
    return parts["sdp"], parse_session(session)


async def _parts(request: web.Request) -> dict[str, str]:
    """Read every part as text; the SDK gives `sdp` and `session` content types of their own."""
    parts: dict[str, str] = {}
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and part.name:
            parts[part.name] = (await part.read(decode=True)).decode(errors="replace")
    return parts
