"""The environment, read once and typed.

VOICEMINT_ACCESS       invite                                who may call: see access/person.py
SIGNING_KEY_FILE       /secrets/signing-key/latest           the mounted secret that signs invites and sessions
CONTROL_BUCKET         required                              the bucket of the stop switch, invites and daily limit
DAILY_LIMIT            200                                   client secrets a UTC day, over all instances
DAILY_BLOCK            5                                     of these, how many an instance leases at once
PERSON_DAILY_LIMIT     a quarter of DAILY_LIMIT              of these, how many one person may have
PERSON_PER_MINUTE      6                                     client secrets per person and instance
INSTANCE_PER_MINUTE    30                                    client secrets per instance
MONTHLY_MINUTES        600                                   minutes of calls a person and month (UTC)
MAX_CALLS_AT_ONCE      2                                     calls of a person at the same time; 0: any number
MAX_CALL_SECONDS       3600                                  no call is longer, whatever its agent allows
CLIENT_SECRETS         allowed                               refused: no mint starts while an agent wants them
AGENTS_FOLDER          agents, beside the functions          where the agents' files are
FIREBASE_ALLOWED       empty                                 e-mail addresses and @domains, with commas between
OPENAI_BASE_URL        https://api.openai.com/v1             the API; also where the page posts its SDP offer
OPENAI_API_KEY_FILE    /secrets/openai-api-key/latest        the mounted secret
OPENAI_WEBHOOK_SECRET_FILE  /secrets/openai-webhook-secret/latest  the mounted secret that signs OpenAI's webhooks
PROJECT_ID             empty                                 lets a rotated key be fetched from Secret Manager
SECRET_MANAGER_URL     https://secretmanager.googleapis.com  Secret Manager
BUCKET                 empty                                 where log_payload stores
LOGS_PER_MINUTE        60                                    batches a person and instance
LOG_MIB_PER_DAY        256                                   of batches a person, UTC day and instance
PAYLOAD_LEVEL          transcript                            what log_payload keeps: off, metadata, transcript
STORAGE_EMULATOR_HOST  https://storage.googleapis.com        Cloud Storage, by the name that its own client reads
GCE_METADATA_HOST      metadata.google.internal              the metadata server, likewise
LOCAL_RUN_TOKEN        empty                                 what the stand-ins of a local run ask for
REGION                 us-central1                           where the functions and the queue are
CLOUD_TASKS_URL        https://cloudtasks.googleapis.com     Cloud Tasks
CALLS_QUEUE            calls                                 the queue that ends calls
WATCH_CALL_URL         by REGION and PROJECT_ID              watch_call's address, and its tokens' audience
WATCH_SECONDS          1680                                  how long one request watches before it hands over
GOOGLE_CERTS_URL       https://www.googleapis.com/oauth2/v1/certs  what Google signs its tokens with
HOST                   0.0.0.0                               functions-framework's bind address
K_SERVICE              empty                                 set by Cloud Run: development settings are refused there
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from voicemint.errors import SettingsError

PayloadLevel = Literal["off", "metadata", "transcript"]
ClientSecrets = Literal["allowed", "refused"]

FUNCTIONS_FOLDER = Path(__file__).parent.parent
STORAGE_URL = "https://storage.googleapis.com"
MAX_DAILY_BLOCKS = 1000  # what one listing of the control bucket holds
LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    access: str
    signing_key_file: Path
    control_bucket: str
    daily_limit: int
    daily_block: int
    person_daily_limit: int
    person_per_minute: int
    instance_per_minute: int
    monthly_minutes: int
    max_calls_at_once: int
    max_call_seconds: int
    client_secrets: ClientSecrets
    agents_folder: Path
    firebase_allowed: frozenset[str]
    openai_base_url: str
    openai_api_key_file: Path
    webhook_secret_file: Path
    project_id: str
    secret_manager_url: str
    bucket: str
    storage_url: str
    metadata_host: str
    logs_per_minute: int
    log_mib_per_day: int
    payload_level: PayloadLevel
    region: str
    cloud_tasks_url: str
    calls_queue: str
    watch_call_url: str
    watch_seconds: int
    google_certs_url: str
    bind_host: str
    on_cloud_run: bool

    def __post_init__(self) -> None:
        if self.daily_limit > self.daily_block * MAX_DAILY_BLOCKS:
            raise SettingsError(
                f"DAILY_LIMIT is {self.daily_limit} and DAILY_BLOCK {self.daily_block}; expected at most "
                f"{MAX_DAILY_BLOCKS} blocks a day: raise DAILY_BLOCK."
            )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        on_cloud_run = bool(environ.get("K_SERVICE"))
        if on_cloud_run:
            _refuse_development_settings(environ)
        daily_limit = _count(environ, "DAILY_LIMIT", 200)
        return cls(
            access=environ.get("VOICEMINT_ACCESS", "invite"),
            signing_key_file=Path(environ.get("SIGNING_KEY_FILE", "/secrets/signing-key/latest")),
            control_bucket=_required(environ, "CONTROL_BUCKET"),
            daily_limit=daily_limit,
            daily_block=_count(environ, "DAILY_BLOCK", 5),
            person_daily_limit=_count(environ, "PERSON_DAILY_LIMIT", max(daily_limit // 4, 1)),
            person_per_minute=_count(environ, "PERSON_PER_MINUTE", 6),
            instance_per_minute=_count(environ, "INSTANCE_PER_MINUTE", 30),
            monthly_minutes=_count(environ, "MONTHLY_MINUTES", 600, at_most=10_000),
            max_calls_at_once=_count(environ, "MAX_CALLS_AT_ONCE", 2, at_most=100, at_least=0),
            max_call_seconds=_count(environ, "MAX_CALL_SECONDS", 3600, at_most=3600),
            client_secrets=_one_of(environ, "CLIENT_SECRETS", "allowed", ClientSecrets),
            agents_folder=Path(environ.get("AGENTS_FOLDER", FUNCTIONS_FOLDER / "agents")),
            firebase_allowed=_names(environ.get("FIREBASE_ALLOWED", "")),
            openai_base_url=_service_url(
                environ, "OPENAI_BASE_URL", "https://api.openai.com/v1", on_cloud_run=on_cloud_run
            ),
            openai_api_key_file=Path(environ.get("OPENAI_API_KEY_FILE", "/secrets/openai-api-key/latest")),
            webhook_secret_file=Path(
                environ.get("OPENAI_WEBHOOK_SECRET_FILE", "/secrets/openai-webhook-secret/latest")
            ),
            project_id=environ.get("PROJECT_ID", ""),
            secret_manager_url=_service_url(
                environ,
                "SECRET_MANAGER_URL",
                "https://secretmanager.googleapis.com",
                on_cloud_run=on_cloud_run,
            ),
            bucket=environ.get("BUCKET", ""),
            storage_url=environ.get("STORAGE_EMULATOR_HOST", STORAGE_URL),
            metadata_host=environ.get("GCE_METADATA_HOST", "metadata.google.internal"),
            logs_per_minute=_count(environ, "LOGS_PER_MINUTE", 60),
            log_mib_per_day=_count(environ, "LOG_MIB_PER_DAY", 256),
            payload_level=_one_of(environ, "PAYLOAD_LEVEL", "transcript", PayloadLevel),
            region=environ.get("REGION", "us-central1"),
            cloud_tasks_url=_service_url(
                environ, "CLOUD_TASKS_URL", "https://cloudtasks.googleapis.com", on_cloud_run=on_cloud_run
            ),
            calls_queue=environ.get("CALLS_QUEUE", "calls"),
            watch_call_url=_service_url(
                environ, "WATCH_CALL_URL", _function_url(environ, "watch-call"), on_cloud_run=on_cloud_run
            ),
            watch_seconds=_count(environ, "WATCH_SECONDS", 1680, at_most=1740),
            google_certs_url=_service_url(
                environ, "GOOGLE_CERTS_URL", "https://www.googleapis.com/oauth2/v1/certs", on_cloud_run=on_cloud_run
            ),
            bind_host=environ.get("HOST", "0.0.0.0"),
            on_cloud_run=on_cloud_run,
        )

    @property
    def calls_url(self) -> str:
        """Where a client posts its SDP offer."""
        return f"{self.openai_base_url}/realtime/calls"

    @property
    def payload_bucket(self) -> str:
        """The bucket for payloads, "" if none are kept. Raises SettingsError."""
        if not self.bucket and self.payload_level != "off":
            raise SettingsError("BUCKET is not set: the name of the bucket for payloads (or set PAYLOAD_LEVEL=off).")
        return self.bucket

    @property
    def task_account(self) -> str:
        """The service account as which Cloud Tasks calls watch_call, and nobody else does."""
        return f"call-tasks@{self.project_id}.iam.gserviceaccount.com"


def _refuse_development_settings(environ: Mapping[str, str]) -> None:
    for name in ("DEBUG", "STORAGE_EMULATOR_HOST", "GCE_METADATA_HOST", "GCE_METADATA_IP", "LOCAL_RUN_TOKEN"):
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


def _function_url(environ: Mapping[str, str], name: str) -> str:
    """The address that Google gives to every function of the 2nd generation beside its Cloud Run service's."""
    return f"https://{environ.get('REGION', 'us-central1')}-{environ.get('PROJECT_ID', '')}.cloudfunctions.net/{name}"


def local_run_token(environ: Mapping[str, str] = os.environ) -> str:
    """What Google's own clients have to show to the stand-ins of a local run; empty everywhere else."""
    return environ.get("LOCAL_RUN_TOKEN", "")


def requests_at_once(environ: Mapping[str, str] = os.environ) -> int:
    """How many this process takes: functions-framework's own setting, as it reads it."""
    return int(environ.get("THREADS", (os.cpu_count() or 1) * 4))


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set; voicemint/settings.py says what it is.")
    return value


def _names(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.replace(" ", "").lower().split(",")))


def _count(environ: Mapping[str, str], name: str, default: int, *, at_most: int = 1_000_000, at_least: int = 1) -> int:
    text = environ.get(name, str(default))
    if not (text.isascii() and text.isdigit() and at_least <= int(text[:9]) <= at_most):
        raise SettingsError(f"{name} is {text[:20]!r}; expected a whole number from {at_least} to {at_most}.")
    return int(text)


def _one_of(environ: Mapping[str, str], name: str, default: str, literal: Any) -> Any:
    """One of the members of a Literal type."""
    value = environ.get(name, default)
    if value not in get_args(literal):
        raise SettingsError(f"{name} is {value!r}; expected one of: {', '.join(get_args(literal))}.")
    return value
