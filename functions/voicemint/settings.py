"""The environment, read once and typed.

VOICEMINT_ACCESS       required                              who may call: see access.py
OPENAI_BASE_URL        https://api.openai.com/v1             the API; also where the page posts its SDP offer
OPENAI_API_KEY_FILE    /secrets/openai-api-key/latest        the mounted secret
PROJECT_ID             empty                                 lets a rotated key be fetched from Secret Manager
SECRET_MANAGER_URL     https://secretmanager.googleapis.com  Secret Manager
BUCKET                 empty                                 where log_payload stores
PAYLOAD_LEVEL          transcript                            what log_payload keeps: off, metadata, transcript
HOST                   0.0.0.0                               functions-framework's bind address
K_SERVICE              empty                                 set by Cloud Run: development settings are refused there
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from voicemint.errors import SettingsError

PayloadLevel = Literal["off", "metadata", "transcript"]

LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    access: str
    openai_base_url: str
    openai_api_key_file: Path
    project_id: str
    secret_manager_url: str
    bucket: str
    payload_level: PayloadLevel
    bind_host: str
    on_cloud_run: bool

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        on_cloud_run = bool(environ.get("K_SERVICE"))
        if on_cloud_run:
            _refuse_development_settings(environ)
        return cls(
            access=environ.get("VOICEMINT_ACCESS", ""),
            openai_base_url=_service_url(
                environ, "OPENAI_BASE_URL", "https://api.openai.com/v1", on_cloud_run=on_cloud_run
            ),
            openai_api_key_file=Path(environ.get("OPENAI_API_KEY_FILE", "/secrets/openai-api-key/latest")),
            project_id=environ.get("PROJECT_ID", ""),
            secret_manager_url=_service_url(
                environ,
                "SECRET_MANAGER_URL",
                "https://secretmanager.googleapis.com",
                on_cloud_run=on_cloud_run,
            ),
            bucket=environ.get("BUCKET", ""),
            payload_level=_payload_level(environ.get("PAYLOAD_LEVEL", "transcript")),
            bind_host=environ.get("HOST", "0.0.0.0"),
            on_cloud_run=on_cloud_run,
        )

    @property
    def calls_url(self) -> str:
        """Where a client posts its SDP offer."""
        return f"{self.openai_base_url}/realtime/calls"


def _refuse_development_settings(environ: Mapping[str, str]) -> None:
    for name in ("DEBUG", "STORAGE_EMULATOR_HOST", "GCE_METADATA_HOST", "GCE_METADATA_IP"):
        if environ.get(name):
            raise SettingsError(
                f"{name} is set, but this process runs on Cloud Run: it is for local runs only; unset it."
            )


def _service_url(environ: Mapping[str, str], name: str, default: str, *, on_cloud_run: bool) -> str:
    """An https URL; plain http only to this machine, and not on Cloud Run."""
    url = environ.get(name, default).rstrip("/")
    parts = urlsplit(url)
    loopback = parts.scheme in ("http", "https") and parts.hostname in LOOPBACK_HOSTS
    if loopback and on_cloud_run:
        raise SettingsError(f"{name} points at this machine, but the process runs on Cloud Run; unset it.")
    if not loopback and (parts.scheme != "https" or not parts.hostname):
        raise SettingsError(f"{name} must be an https URL (plain http is for loopback only).")
    if parts.query or parts.fragment or parts.username:
        raise SettingsError(f"{name} must be a plain base URL, without credentials, query or fragment.")
    return url


def _payload_level(value: str) -> PayloadLevel:
    if value not in get_args(PayloadLevel):
        raise SettingsError(f"PAYLOAD_LEVEL is {value!r}; expected one of: {', '.join(get_args(PayloadLevel))}.")
    return value  # type: ignore[return-value]  # checked against the Literal's own members
